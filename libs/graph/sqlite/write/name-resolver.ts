/**
 * Which names are one node, and when a dataset was dead: renames, symlinks and DROPs, resolved per connected component.
 *
 * ```
 * orders_v1 ──RENAME──▶ orders ◀──symlink── file:/wh/orders        one component: orders_v1 is an alias,
 *                                                                  orders joins file:/wh/orders, which names the node
 * ```
 * Names with neither link nor mark are never looked at. A changed link or use re-resolves its component alone.
 */
import { FOREVER } from '#lineage';
import { type Database, int, intOrNull, type Row, text } from '../database.ts';
import type { Interned } from '../interned.ts';
import { membersOf } from '../members-of.ts';
import { hourOf } from '../stamps.ts';
import type { SpanRecorder } from './span-recorder.ts';

/** An instant at which a name was used, and by which run (0: none). */
interface Use {
  readonly t: number;
  readonly run: number;
  /** A mark counts even against its own run's mark. */
  readonly mark: boolean;
}

interface Rename {
  readonly from: number;
  readonly to: number;
  readonly at: number;
}

export interface NodeChange {
  readonly name: number;
  readonly before: number;
  readonly after: number;
}

export interface LifeChange {
  readonly root: number;
  readonly dead: boolean;
  readonly at: number;
}

export class NameResolver {
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #recorder: SpanRecorder;
  readonly #tracked: Set<number>;
  readonly #dirty = new Set<number>();

  /** @param tracked names of which a use matters; grows with what they are one node with */
  constructor(db: Database, interned: Interned, recorder: SpanRecorder, tracked: Set<number>) {
    this.#db = db;
    this.#tracked = tracked;
    this.#interned = interned;
    this.#recorder = recorder;
  }

  forget(): void {
    this.#dirty.clear();
  }

  touch(name: number): void {
    this.#dirty.add(name);
  }

  /** Resolves the components of all touched names. */
  settle(): { nodes: NodeChange[]; lives: LifeChange[] } {
    const nodes: NodeChange[] = [];
    const lives: LifeChange[] = [];
    while (this.#dirty.size > 0) {
      const [first] = this.#dirty;
      if (first === undefined) break;
      const component = this.#component(first);
      for (const name of component) this.#dirty.delete(name);
      this.#resolve(component, nodes, lives);
    }
    return { nodes, lives };
  }

  #component(start: number): number[] {
    const seen = new Set([start]);
    const queue = [start];
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      const next = [
        ...this.#db.all('SELECT target AS id FROM link WHERE name = ?', name),
        ...this.#db.all('SELECT name AS id FROM link WHERE target = ?', name),
        ...this.#db.all('SELECT target AS id FROM mark WHERE name = ? AND target > 0', name),
        ...this.#db.all('SELECT name AS id FROM mark WHERE target = ? AND target > 0', name),
        ...this.#db.all('SELECT target AS id FROM configured_alias WHERE name = ?', name),
        ...this.#db.all('SELECT name AS id FROM configured_alias WHERE target = ?', name),
        ...this.#db.all('SELECT target AS id FROM merge WHERE name = ? AND undone_at IS NULL', name),
        ...this.#db.all('SELECT name AS id FROM merge WHERE target = ? AND undone_at IS NULL', name),
        // What was one node before may fall apart now.
        ...this.#db.all('SELECT id FROM name WHERE root = ? AND root <> id', name),
        ...this.#db.all('SELECT root AS id FROM name WHERE id = ?', name),
      ];
      for (const row of next) {
        const id = int(row, 'id');
        if (seen.has(id)) continue;
        seen.add(id);
        queue.push(id);
      }
    }
    return [...seen];
  }

  #resolve(component: readonly number[], nodes: NodeChange[], lives: LifeChange[]): void {
    const uses = new Map<number, Use[]>();
    const usesOf = (name: number): Use[] => {
      const held = uses.get(name);
      if (held !== undefined) return held;
      const made = this.#usesOf(name);
      uses.set(name, made);
      return made;
    };
    const alias = this.#aliases(component, usesOf);
    const final = (name: number): number => {
      const seen = new Set<number>();
      let at = name;
      for (let next = alias.get(at); next !== undefined && !seen.has(next); next = alias.get(at)) {
        seen.add(at);
        at = next;
      }
      return at;
    };
    const { joined, claimed, contested } = this.#joins(component, final, usesOf);
    const names = this.#textOf(component);
    const groups = new Map<number, number[]>();
    for (const name of component) {
      if (final(name) !== name) continue;
      const root = joined(name);
      const group = groups.get(root);
      if (group === undefined) groups.set(root, [name]);
      else group.push(name);
    }
    for (const members of groups.values()) {
      const mentioned = members.filter((name) => names.get(name)?.mentioned === true);
      // A claim of one member on another counts, contested or not: the one that claims is the physical one.
      const free = mentioned.filter((name) => !members.some((other) => claimed.get(name)?.has(other) === true));
      const candidates = free.length > 0 ? free : mentioned.length > 0 ? mentioned : members;
      const root = candidates.reduce((a, b) => (before(names.get(b), names.get(a)) ? b : a));
      this.#storeLife(root, members, usesOf, lives);
      for (const name of component) {
        if (joined(final(name)) !== joined(root)) continue;
        this.#storeRoot(name, root, final(name) === name ? root : name, nodes);
      }
    }
    // A name renamed away keeps its own life.
    for (const name of component) {
      if (final(name) === name || !this.#storeLife(name, [name], usesOf, null)) continue;
      const root = int(this.#db.get('SELECT root FROM name WHERE id = ?', name) ?? {}, 'root');
      nodes.push({ name, before: root, after: root });
    }
    for (const name of component) this.#db.run('DELETE FROM contested WHERE name = ?', name);
    for (const [name, target] of contested)
      this.#db.run('INSERT OR IGNORE INTO contested(name, target) VALUES (?, ?)', name, target);
    // A name that is neither a root nor renamed away has no life of its own.
    for (const name of component) {
      const row = this.#db.get('SELECT life FROM name WHERE id = ?', name);
      if (row !== undefined && int(row, 'life') !== name) this.#db.run('DELETE FROM dead WHERE life = ?', name);
    }
    this.#trackAll(component);
  }

  /** Where one name of a component is tracked, a use of any of its names matters. */
  #trackAll(component: readonly number[]): void {
    const tracked = component.filter((name) => this.#tracked.has(name));
    if (tracked.length === 0 || tracked.length === component.length) return;
    for (const name of component) {
      this.#tracked.add(name);
      this.#db.run('UPDATE name SET tracked = 1 WHERE id = ?', name);
    }
  }

  /** a → b for each a whose latest rename no use followed. */
  #aliases(component: readonly number[], usesOf: (name: number) => Use[]): Map<number, number> {
    const alias = new Map<number, number>();
    for (const from of component) {
      const winner = this.#lastRename(from);
      if (winner === null) continue;
      const used = usesOf(from).some(
        (use) => use.t >= winner.at && (use.mark || use.run === 0 || !winner.runs.has(use.run)),
      );
      if (!used) alias.set(from, winner.to);
    }
    return alias;
  }

  /** The last rename of `from` by (effective time, hash, target), with the runs that made a rename of it at that time. */
  #lastRename(from: number): (Rename & { readonly runs: ReadonlySet<number> }) | null {
    const rows = this.#db.all(
      "SELECT mark.*, name.namespace AS target_namespace, name.name AS target_name FROM mark JOIN name ON name.id = mark.name WHERE mark.target = ? AND mark.target > 0 AND mark.kind = 'RENAME' AND mark.at IS NOT NULL AND mark.name <> mark.target ORDER BY mark.at DESC, mark.k DESC",
      from,
    );
    const first = rows[0];
    if (first === undefined) return null;
    let best = first;
    for (const row of rows) {
      if (row['at'] !== first['at'] || row['k'] !== first['k']) break;
      if (
        `${text(row, 'target_namespace')}\n${text(row, 'target_name')}` >
        `${text(best, 'target_namespace')}\n${text(best, 'target_name')}`
      )
        best = row;
    }
    return { from, to: int(best, 'name'), at: int(best, 'at'), runs: new Set([int(best, 'run')]) };
  }

  #joins(
    component: readonly number[],
    final: (name: number) => number,
    usesOf: (name: number) => Use[],
  ): {
    joined: (name: number) => number;
    claimed: ReadonlyMap<number, ReadonlySet<number>>;
    contested: [number, number][];
  } {
    const claimants = new Map<number, Set<number>>();
    const claims: [claimant: number, target: number][] = [];
    for (const name of component) {
      const links = this.#db.all('SELECT DISTINCT target FROM link WHERE name = ?', name);
      if (links.length === 0 || this.#isDead([name], usesOf)) continue;
      for (const row of links) {
        const target = int(row, 'target');
        const from = final(name);
        const to = final(target);
        if (from === to) continue;
        claims.push([name, to]);
        const held = claimants.get(to);
        if (held === undefined) claimants.set(to, new Set([from]));
        else held.add(from);
      }
    }
    const parent = new Map<number, number>();
    const find = (name: number): number => {
      let at = name;
      for (let next = parent.get(at); next !== undefined; next = parent.get(at)) at = next;
      return at;
    };
    const union = (a: number, b: number): void => {
      const [ra, rb] = [find(a), find(b)];
      if (ra !== rb) parent.set(ra, rb);
    };
    for (const [target, by] of claimants) {
      const [only] = by;
      if (by.size === 1 && only !== undefined) union(target, only);
    }
    // Those that several claim join if the joins before made these one: all judged by the same state.
    const several = [...claimants]
      .filter(([, by]) => by.size > 1)
      .map(([target, by]) => ({ target, by, roots: new Set([...by].map(find)) }));
    const open = new Set<number>();
    for (const { target, by, roots } of several) {
      const [only] = by;
      if (roots.size === 1 && only !== undefined) union(target, only);
      else open.add(target);
    }
    const contested = claims.filter(([, to]) => open.has(to));
    // Last, and whoever else claims it: the settings and merges are a person's word.
    for (const name of component) {
      for (const row of this.#db.all(
        'SELECT target FROM configured_alias WHERE name = ?1 UNION SELECT target FROM merge WHERE name = ?1 AND undone_at IS NULL',
        name,
      )) {
        const target = final(int(row, 'target'));
        if (target === final(name)) continue;
        union(target, final(name));
        claimants.set(target, new Set([...(claimants.get(target) ?? []), final(name)]));
      }
    }
    return { joined: find, claimed: claimants, contested };
  }

  #storeRoot(name: number, root: number, life: number, nodes: NodeChange[]): void {
    const row = this.#db.get('SELECT root, life FROM name WHERE id = ?', name) ?? {};
    const held = int(row, 'root');
    if (held === root && int(row, 'life') === life) return;
    this.#db.run('UPDATE name SET root = ?, life = ? WHERE id = ?', root, life, name);
    nodes.push({ name, before: held, after: root });
    this.#touchEdgesOf(name);
  }

  /** @returns whether it lives or is dead otherwise than before */
  #storeLife(
    root: number,
    members: readonly number[],
    usesOf: (name: number) => Use[],
    lives: LifeChange[] | null,
  ): boolean {
    const wanted = this.#deadTimes(members, usesOf);
    const held = this.#db
      .all('SELECT since, until FROM dead WHERE life = ? ORDER BY since', root)
      .map((row) => [int(row, 'since'), int(row, 'until')] as const);
    if (
      held.length === wanted.length &&
      held.every(([since, until], i) => wanted[i]?.[0] === since && wanted[i]?.[1] === until)
    )
      return false;
    // Row by row: a table that is dropped each night has many, and nearly all stay.
    const kept = new Map(wanted);
    for (const [since, until] of held) {
      if (kept.get(since) === until) kept.delete(since);
      else this.#db.write('DELETE FROM dead WHERE life = ? AND since = ?', root, since);
    }
    for (const [since, until] of kept)
      this.#db.write('INSERT INTO dead(life, since, until) VALUES (?, ?, ?)', root, since, until);
    const was = held.at(-1)?.[1] === FOREVER;
    const last = wanted.at(-1);
    const is = last?.[1] === FOREVER;
    if (was === is) return false;
    lives?.push({ root, dead: is, at: is ? (last?.[0] ?? 0) : (last?.[1] ?? held.at(-1)?.[0] ?? 0) });
    for (const name of members) this.#touchEdgesOf(name);
    for (const name of membersOf(this.#db, root)) this.#touchEdgesOf(name);
    return true;
  }

  #touchEdgesOf(name: number): void {
    for (const row of this.#db.all('SELECT id FROM edge WHERE src = ?', name)) this.#recorder.touchEdge(int(row, 'id'));
    for (const row of this.#db.all('SELECT id FROM edge WHERE dst = ?', name)) this.#recorder.touchEdge(int(row, 'id'));
  }

  #isDead(members: readonly number[], usesOf: (name: number) => Use[]): boolean {
    return this.#deadTimes(members, usesOf).at(-1)?.[1] === FOREVER;
  }

  /** [since, until) of each time between a DROP and the next use of any member, united. */
  #deadTimes(members: readonly number[], usesOf: (name: number) => Use[]): [number, number][] {
    const drops: { name: number; at: number; run: number }[] = [];
    for (const name of members) {
      for (const row of this.#db.all(
        "SELECT at, run FROM mark WHERE name = ? AND kind = 'DROP' AND at IS NOT NULL",
        name,
      )) {
        drops.push({ name, at: int(row, 'at'), run: int(row, 'run') });
      }
    }
    if (drops.length === 0) return [];
    const uses = members.flatMap((name) => usesOf(name).map((use) => ({ ...use, name }))).sort((a, b) => a.t - b.t);
    const times: [number, number][] = [];
    for (const drop of drops) {
      let i = firstFrom(uses, drop.at);
      // A run's own mention is no use against its own DROP of that name.
      for (let use = uses[i]; use !== undefined && isOwn(use, drop); use = uses[i]) i++;
      const until = uses[i]?.t ?? FOREVER;
      if (until > drop.at) times.push([drop.at, until]);
    }
    times.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const united: [number, number][] = [];
    for (const [since, until] of times) {
      const last = united.at(-1);
      if (last !== undefined && since <= last[1]) last[1] = Math.max(last[1], until);
      else united.push([since, until]);
    }
    return united;
  }

  /** Marks but DROP, DatasetEvents, first mentions by runs, and `done` of runs that wrote it. */
  #usesOf(name: number): Use[] {
    const marks = this.#db.all(
      "SELECT at, run, t, kind, target FROM mark WHERE name = ? AND kind <> 'DROP' AND at IS NOT NULL ORDER BY t, k",
      name,
    );
    const events = this.#db.all('SELECT t FROM dataset_event WHERE name = ? AND drops = 0 ORDER BY t, k', name);
    const uses: Use[] = [
      ...firstAndLastOfHour(marks, (row) => `${int(row, 'run')}.${text(row, 'kind')}.${int(row, 'target')}`).map(
        (row) => ({
          t: int(row, 'at'),
          run: int(row, 'run'),
          mark: true,
        }),
      ),
      ...firstAndLastOfHour(events, () => '').map((row) => ({ t: int(row, 't'), run: 0, mark: false })),
    ];
    const first = new Map<number, number>();
    const edges = [
      ...this.#db.all('SELECT id, kind FROM edge WHERE src = ? AND kind IN (0, 2)', name),
      ...this.#db.all('SELECT id, kind FROM edge WHERE dst = ? AND kind IN (1, 3)', name),
    ];
    for (const edge of edges) {
      const element = int(edge, 'id');
      const timelines = this.#db.all(
        "SELECT timeline.id AS id FROM edge_timeline JOIN timeline ON timeline.id = edge_timeline.timeline WHERE element = ? AND columns = 0 AND mode = 'RUN' AND failed_of IS NULL",
        element,
      );
      for (const timeline of timelines) {
        for (const set of this.#db.all('SELECT DISTINCT eset FROM said WHERE timeline = ?', int(timeline, 'id'))) {
          if (!this.#interned.has(int(set, 'eset'), element)) continue;
          const rows = this.#db.all(
            'SELECT said.run AS run, min(said.first_t) AS t, run.status AS status, run.done AS done FROM said JOIN run ON run.id = said.run WHERE timeline = ? AND eset = ? GROUP BY said.run',
            int(timeline, 'id'),
            int(set, 'eset'),
          );
          for (const row of rows) {
            const run = int(row, 'run');
            first.set(run, Math.min(first.get(run) ?? FOREVER, int(row, 't')));
            const done = intOrNull(row, 'done');
            if (int(edge, 'kind') === 1 && done !== null) uses.push({ t: done, run, mark: false });
          }
        }
      }
    }
    for (const row of this.#db.all(
      'SELECT u.run AS run, u.t AS t, u.writes AS writes, run.done AS done FROM snapshot_use u JOIN run ON run.id = u.run WHERE u.name = ?',
      name,
    )) {
      const run = int(row, 'run');
      first.set(run, Math.min(first.get(run) ?? FOREVER, int(row, 't')));
      const done = intOrNull(row, 'done');
      if (int(row, 'writes') === 1 && done !== null) uses.push({ t: done, run, mark: false });
    }
    for (const [run, t] of first) uses.push({ t, run, mark: false });
    return uses;
  }

  #textOf(component: readonly number[]): Map<number, NameText> {
    const names = new Map<number, NameText>();
    for (const id of component) {
      const row = this.#db.get('SELECT namespace, name, first_t FROM name WHERE id = ?', id);
      if (row !== undefined)
        names.set(id, {
          namespace: text(row, 'namespace'),
          name: text(row, 'name'),
          mentioned: row['first_t'] !== null,
        });
    }
    return names;
  }
}

interface NamedUse extends Use {
  readonly name: number;
}

function isOwn(use: NamedUse, drop: { readonly name: number; readonly run: number }): boolean {
  return !use.mark && use.run > 0 && use.run === drop.run && use.name === drop.name;
}

/** Of uses by time: the first at or after `at`. */
function firstFrom(uses: readonly NamedUse[], at: number): number {
  let low = 0;
  let high = uses.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((uses[mid]?.t ?? FOREVER) < at) low = mid + 1;
    else high = mid;
  }
  return low;
}

interface NameText {
  readonly namespace: string;
  readonly name: string;
  readonly mentioned: boolean;
}

function before(a: NameText | undefined, b: NameText | undefined): boolean {
  if (a === undefined || b === undefined) return a !== undefined;
  return a.namespace < b.namespace || (a.namespace === b.namespace && a.name < b.name);
}

/** Thinning: of equal statements in one UTC hour only the first and the last count. `rows` by (t, k). */
function firstAndLastOfHour(rows: readonly Row[], content: (row: Row) => string): Row[] {
  const kept = new Map<string, { first: Row; last: Row }>();
  for (const row of rows) {
    const key = `${hourOf(int(row, 't'))}.${content(row)}`;
    const held = kept.get(key);
    if (held === undefined) kept.set(key, { first: row, last: row });
    else held.last = row;
  }
  return [...kept.values()].flatMap(({ first, last }) => (first === last ? [first] : [first, last]));
}
