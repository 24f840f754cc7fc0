/**
 * Which breaches hold, and which incident each is part of. A breach whose cause is upstream is part of its cause's
 * incident: one late source is one incident, however many tables are late because of it.
 *
 * ```
 * raw ──▶ staging ──▶ mart ──▶ report          each late because raw is: causes point left
 * breaches     raw   staging←raw   mart←raw   report←mart
 * incident     one, of raw; staging, mart and report are folded into it
 *
 * raw recovers                                  its incident is over; staging and mart wait for a while (`SETTLING`)
 * staging recovers in time, mart doesn't        mart is decided anew, as a breach of its own; report stays with mart
 * ```
 *
 * Which incident a breach is part of is worked out from the set of breaches alone, so breaches of one time may come in
 * any order. The book holds what is open, so it is as small as the trouble is; a breach costs what hangs on it, so that an
 * outage that makes ten thousand tables late costs ten thousand times one.
 */
import { breachesEndedBy } from '../language/change-kinds.ts';
import { type Breach, breachKey, keyOf } from './breach.ts';
import { compare, HEADWATER, handle, type Incident, type IncidentCommand, resolved, woken } from './incident.ts';
import { withFolded } from './with-folded.ts';

/** How long what is downstream may take to recover after its cause did, ms. */
export const SETTLING = 3_600_000;

/**
 * What happened to an incident: `opened` and `resolved` are told (`incident.opened`, `incident.resolved`). One that was
 * folded into another and comes apart from it again is opened again, by its old id and with a new timeline.
 */
export interface IncidentStep {
  readonly did: 'opened' | 'changed' | 'resolved';
  readonly incident: Incident;
}

/** What an incident doesn't tell of its members yet. */
interface Stale {
  readonly at: number;
  /** Some are new. */
  readonly grew: boolean;
  /** The step that opened it, where that wasn't told yet. */
  readonly opening: number | null;
}

export class IncidentBook {
  readonly #breaches = new Map<string, Breach>();
  /** By subject and rule. */
  readonly #bySubject = new Map<string, Map<string, Breach>>();
  /** The keys of those that a subject explains. */
  readonly #byCause = new Map<string, Set<string>>();
  /** By the key of the breach that they are about. Resolved ones only while that breach still holds. */
  readonly #incidents: Map<string, Incident>;
  /** Incidents that may have other members than they tell. */
  readonly #stale = new Map<string, Stale>();
  readonly #isTold: boolean;
  #steps: IncidentStep[] = [];
  /** Nothing is due before. */
  #quietUntil = Number.POSITIVE_INFINITY;

  /** @param isTold false: only which incidents there are is asked, never who is in them, which costs something */
  constructor(breaches: Iterable<Breach> = [], incidents: Iterable<Incident> = [], isTold = true) {
    for (const breach of breaches) this.#put(breach);
    this.#incidents = new Map([...incidents].map((one) => [breachKey(one.rule, one.subject), one]));
    for (const { snoozedUntil } of this.#incidents.values()) this.#waits(snoozedUntil);
    this.#isTold = isTold;
  }

  /** By rule and subject: one each. */
  get breaches(): ReadonlyMap<string, Breach> {
    return this.#breaches;
  }

  /** With all their members. */
  get incidents(): ReadonlyMap<string, Incident> {
    this.#tellAll();
    return this.#incidents;
  }

  /** What happened to incidents since it was asked last. What happened to one at one time is one step. */
  told(): readonly IncidentStep[] {
    this.#tellAll();
    const steps = this.#steps;
    this.#steps = [];
    return steps;
  }

  isBroken(subject: string): boolean {
    return this.#bySubject.has(subject);
  }

  /** The open incident of a rule and a subject; null: none, or it is part of another. Its members may be told later. */
  incidentOf(rule: string, subject: string): Incident | null {
    const incident = this.#incidents.get(breachKey(rule, subject));
    return incident === undefined || incident.state === 'RESOLVED' ? null : incident;
  }

  /** The incident that explains breaches caused by this subject; null: nothing about it is open. */
  incidentExplaining(cause: string, rule: string): Incident | null {
    const parent = this.#parentAmong(cause, rule);
    if (parent === null) return null;
    const root = this.#rootOf(parent);
    return root.waitsUntil === null ? (this.#incidents.get(keyOf(root)) ?? null) : null;
  }

  /**
   * A breach holds. One that is known goes on, as the first time; only its kind may get worse. After its incident was
   * resolved by hand it is a new one, and so is one whose cause has just recovered.
   */
  breached(breach: Omit<Breach, 'waitsUntil'>): void {
    const key = breachKey(breach.rule, breach.subject);
    const known = this.#breaches.get(key);
    const isNew = known === undefined || known.waitsUntil !== null || this.#incidents.get(key)?.state === 'RESOLVED';
    const cause = breach.cause === null || this.#causeWaits(breach.cause, breach.rule) ? null : breach.cause;
    if (!isNew && known.kind === breach.kind && known.cause === cause) return;
    const next: Breach = isNew ? { ...breach, cause, waitsUntil: null } : { ...known, kind: breach.kind, cause };
    this.#rearrange([known ?? next, next], breach.at, () => {
      if (isNew) this.#forget(key);
      this.#take(key);
      this.#put(next);
    });
  }

  /** A change of this kind came for the subject: the breaches that it ends are over. */
  recovered(subject: string, kind: string, at: number): void {
    const ended = breachesEndedBy(kind);
    const ofSubject = [...(this.#bySubject.get(subject)?.values() ?? [])];
    const gone = ofSubject.filter((one) => ended.includes(one.kind));
    if (gone.length === 0) return;
    // Another breach of the subject explains what follows from it as well.
    const explained = gone.length < ofSubject.length ? [] : [...(this.#byCause.get(subject) ?? [])];
    const following = explained.flatMap((key) => this.#breaches.get(key) ?? []);
    this.#rearrange([...gone, ...following], at, () => {
      for (const one of gone) this.#take(keyOf(one));
      for (const one of following) {
        if (one.waitsUntil !== null || !this.#breaches.has(keyOf(one))) continue;
        this.#take(keyOf(one));
        this.#put({ ...one, waitsUntil: at + SETTLING });
      }
    });
  }

  /** Somebody handles an incident; a text: why that can't be. */
  handled(id: string, command: IncidentCommand, who: string, at: number): string | null {
    const entry = [...this.incidents].find(([, one]) => one.id === id);
    if (entry === undefined) return `there is no open incident ${id}`;
    const [key, incident] = entry;
    const result = handle(incident, command, who, at);
    if (!result.ok) return result.reason;
    this.#step(key, result.incident.state === 'RESOLVED' ? 'resolved' : 'changed', result.incident);
    this.#waits(result.incident.snoozedUntil);
    return null;
  }

  /**
   * What time brought by `at`: snoozed incidents wake, and breaches that waited for their cause's recovery in vain are
   * given back, out of the book, to be decided anew. By (since, subject, rule).
   */
  elapsed(at: number): readonly Breach[] {
    if (at < this.#quietUntil) return [];
    const due = [...this.#breaches.values()].filter(({ waitsUntil }) => waitsUntil !== null && waitsUntil <= at);
    for (const [key, incident] of this.incidents) {
      if (incident.snoozedUntil === null || incident.snoozedUntil > at) continue;
      this.#step(key, 'changed', woken(incident, at));
    }
    this.#rearrange(due, at, () => {
      for (const one of due) this.#take(keyOf(one));
    });
    this.#quietUntil =
      nextIncidentDeadline(this.#breaches.values(), this.#incidents.values()) ?? Number.POSITIVE_INFINITY;
    return due.sort((a, b) => a.since - b.since || compare(a.subject, b.subject) || compare(a.rule, b.rule));
  }

  #put(breach: Breach): void {
    const { rule, subject, cause, waitsUntil } = breach;
    const key = breachKey(rule, subject);
    this.#breaches.set(key, breach);
    entryOf(this.#bySubject, subject, () => new Map<string, Breach>()).set(rule, breach);
    if (cause !== null) entryOf(this.#byCause, cause, () => new Set<string>()).add(key);
    this.#waits(waitsUntil);
  }

  #take(key: string): void {
    const breach = this.#breaches.get(key);
    if (breach === undefined) return;
    const { rule, subject, cause } = breach;
    this.#breaches.delete(key);
    const ofSubject = this.#bySubject.get(subject);
    ofSubject?.delete(rule);
    if (ofSubject?.size === 0) this.#bySubject.delete(subject);
    if (cause === null) return;
    const explained = this.#byCause.get(cause);
    explained?.delete(key);
    if (explained?.size === 0) this.#byCause.delete(cause);
  }

  #waits(until: number | null): void {
    if (until !== null) this.#quietUntil = Math.min(this.#quietUntil, until);
  }

  #step(key: string, did: 'opened' | 'changed' | 'resolved', incident: Incident): void {
    this.#incidents.set(key, incident);
    this.#steps.push({ did, incident });
  }

  #forget(key: string): void {
    this.#incidents.delete(key);
    this.#stale.delete(key);
  }

  /** What explains it has lost its own cause, and may be over any moment. */
  #causeWaits(cause: string, rule: string): boolean {
    const parent = this.#parentAmong(cause, rule);
    return parent !== null && this.#rootOf(parent).waitsUntil !== null;
  }

  /** Of several breaches of the cause: that of the same rule, else of the first rule by name. */
  #parentAmong(cause: string, rule: string): Breach | null {
    const breaches = this.#bySubject.get(cause);
    if (breaches === undefined) return null;
    const same = breaches.get(rule);
    return same ?? [...breaches.values()].reduce((least, one) => (compare(one.rule, least.rule) < 0 ? one : least));
  }

  /** Follows causes up. Round a cycle (legal between continuous jobs) the first breach by key is the root. */
  #rootOf(breach: Breach): Breach {
    const path = new Set<Breach>();
    for (let at = breach; ; ) {
      if (path.has(at)) {
        const [first, ...others] = [...path].slice([...path].indexOf(at));
        return others.reduce((least, one) => (compare(keyOf(one), keyOf(least)) < 0 ? one : least), first ?? at);
      }
      path.add(at);
      const parent = at.cause === null ? null : this.#parentAmong(at.cause, at.rule);
      if (parent === null) return at;
      at = parent;
    }
  }

  /** These, as far as they hold, and all that follows from their subjects. */
  #withFollowing(breaches: readonly Breach[]): readonly Breach[] {
    const found = new Set(breaches.filter((one) => this.#breaches.get(keyOf(one)) === one));
    // A set goes on with what is added while it is walked.
    const subjects = new Set(breaches.map(({ subject }) => subject));
    for (const subject of subjects) {
      for (const key of this.#byCause.get(subject) ?? []) {
        const one = this.#breaches.get(key);
        if (one === undefined) continue;
        found.add(one);
        subjects.add(one.subject);
      }
    }
    return [...found];
  }

  /** Changes these breaches, and works out anew which incidents there are among those that hang on them. */
  #rearrange(breaches: readonly Breach[], at: number, change: () => void): void {
    const before = this.#rootsOf(this.#withFollowing(breaches));
    // What joined has to be told before it can leave, and what happened before at its own time.
    for (const key of before) if (this.#stale.get(key)?.grew === true) this.#tell(key);
    const joined = breaches.flatMap(({ cause, rule }) =>
      cause === null ? [] : (this.#parentAmong(cause, rule) ?? []),
    );
    for (const key of this.#rootsOf(joined)) if ((this.#stale.get(key)?.at ?? at) !== at) this.#tell(key);
    const held = this.#breaches.size;
    change();
    const after = this.#rootsOf(this.#withFollowing(breaches));
    for (const key of new Set([...after, ...before])) this.#settle(key, at, this.#breaches.size >= held);
  }

  #rootsOf(breaches: readonly Breach[]): Set<string> {
    return new Set(breaches.map((one) => keyOf(this.#rootOf(one))));
  }

  /** Opens, changes or ends the incident of a breach, as it should be now. */
  #settle(key: string, at: number, grew: boolean): void {
    const breach = this.#breaches.get(key);
    const known = this.#incidents.get(key);
    const root = breach === undefined ? null : this.#rootOf(breach);
    // A root that waits has no incident: its cause's is over, and its own begins when it has waited in vain.
    if (breach !== undefined && root === breach && root.waitsUntil === null) {
      const stale = this.#stale.get(key) ?? { grew: false, opening: known === undefined ? this.#steps.length : null };
      if (known === undefined) this.#step(key, 'opened', opened(breach));
      else if (known.kind !== breach.kind) this.#step(key, 'changed', { ...known, kind: breach.kind });
      this.#stale.set(key, { ...stale, at, grew: grew || stale.grew });
      return;
    }
    if (known === undefined) return;
    this.#forget(key);
    if (known.state === 'RESOLVED') return;
    const note = root === null ? 'recovered' : `folded into the incident of ${root.subject}`;
    const rest = root === null ? withFolded(known, this.#stillFolded(known), this.#breaches, at) : known;
    this.#steps.push({ did: 'resolved', incident: resolved(rest, at, HEADWATER, note) });
  }

  /** The cause is the first to recover: whom it hit is part of what it was, though they are late for a while yet. */
  #stillFolded({ folded }: Incident): readonly Breach[] {
    const open = folded.filter(({ recoveredAt }) => recoveredAt === null);
    return open.flatMap(({ rule, subject }) => this.#breaches.get(breachKey(rule, subject)) ?? []);
  }

  #tellAll(): void {
    for (const key of [...this.#stale.keys()]) this.#tell(key);
  }

  /** Brings the members that an incident tells up to date. */
  #tell(key: string): void {
    const stale = this.#stale.get(key);
    const root = this.#breaches.get(key);
    const known = this.#incidents.get(key);
    this.#stale.delete(key);
    if (!this.#isTold || stale === undefined || root === undefined || known === undefined) return;
    const members = this.#withFollowing([root]).filter((one) => one !== root && this.#rootOf(one) === root);
    const incident = withFolded(known, members, this.#breaches, stale.at);
    if (incident === known) return;
    if (stale.opening === null) this.#step(key, 'changed', incident);
    else {
      this.#incidents.set(key, incident);
      this.#steps[stale.opening] = { did: 'opened', incident };
    }
  }
}

/** When time alone will change something next; null: never. */
export function nextIncidentDeadline(breaches: Iterable<Breach>, incidents: Iterable<Incident>): number | null {
  let next: number | null = null;
  const wait = (until: number | null): void => {
    if (until !== null && (next === null || until < next)) next = until;
  };
  for (const { waitsUntil } of breaches) wait(waitsUntil);
  for (const { snoozedUntil } of incidents) wait(snoozedUntil);
  return next;
}

function entryOf<K, V>(all: Map<K, V>, key: K, make: () => V): V {
  const held = all.get(key);
  if (held !== undefined) return held;
  const made = make();
  all.set(key, made);
  return made;
}

const opened = ({ incident, rule, subject, kind, since, at }: Breach): Incident => ({
  id: incident,
  rule,
  subject,
  kind,
  state: 'OPEN',
  since,
  openedAt: at,
  resolvedAt: null,
  assignee: null,
  snoozedUntil: null,
  folded: [],
  timeline: [{ at, who: HEADWATER, did: 'opened', note: kind }],
});
