/** Which promises of contracts a dataset breaks: the last word of each contract on it counts. */
import { assetId, CONTRACT_FACET, type ContractViolation, type Delta, violationsIn } from '#lineage';
import { type Database, int, text, textOrNull } from '../../database.ts';
import type { Interned } from '../../interned.ts';
import type { NameBook } from '../../read/name-book.ts';
import type { ExpectationTable } from './expectation-table.ts';
import type { ToldExpectation } from './told-expectation.ts';

/** What was told of a dataset: the broken promises, by contract and place in its file. */
type ContractMemory = readonly string[];

interface Broken extends ContractViolation {
  readonly contract: string;
}

/** A sentence tells so many. */
const TOLD = 3;

export class ContractWatch {
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #names: NameBook;
  readonly #table: ExpectationTable;
  #touched = new Set<number>();

  constructor(db: Database, interned: Interned, names: NameBook, table: ExpectationTable) {
    this.#db = db;
    this.#interned = interned;
    this.#names = names;
    this.#table = table;
  }

  forget(): void {
    this.#touched = new Set();
  }

  observe(delta: Delta): void {
    for (const { name, asset } of delta.facets)
      if (name === CONTRACT_FACET && asset.kind === 'dataset') this.#touched.add(this.#interned.asset(asset));
  }

  settle(): ToldExpectation[] {
    const roots = new Set([...this.#touched].map((name) => this.#names.node(name).id));
    this.#touched = new Set();
    return [...roots].flatMap((root) => this.#judge(root));
  }

  #judge(root: number): ToldExpectation[] {
    const before = this.#table.memory<ContractMemory>('contract', String(root)) ?? [];
    const { at, broken } = this.#brokenBy(root);
    const keys = broken.map(({ contract, kind, path }) => `${contract} ${path} ${kind}`).sort();
    this.#table.keep('contract', String(root), keys.length === 0 ? null : keys, null);
    const node = this.#names.node(root);
    const change = { subject: assetId(node), at, before, after: broken };
    const added = broken.filter(({ contract, kind, path }) => !before.includes(`${contract} ${path} ${kind}`));
    if (added.length > 0) return [{ ...change, kind: 'contract.violated', text: sayBroken(node.name, added) }];
    if (keys.length > 0 || before.length === 0) return [];
    return [{ ...change, kind: 'contract.recovered', text: `${node.name} keeps its contract again` }];
  }

  /** Each contract's last word, over all names of the node, and when the last of all came. */
  #brokenBy(root: number): { readonly at: number; readonly broken: readonly Broken[] } {
    const bySource = new Map<string, readonly Broken[]>();
    let at = 0;
    for (const row of this.#db.all(
      `SELECT f.value AS value, f.t AS t, s.text AS source FROM name n JOIN facet f ON f.owner = n.id JOIN source s ON s.id = f.source
       WHERE n.root = ? AND f.facet = ? ORDER BY f.t, f.k`,
      root,
      CONTRACT_FACET,
    )) {
      const kept = textOrNull(row, 'value');
      const value: unknown = kept === null ? null : JSON.parse(kept);
      const { contract, violations } = violationsIn(value);
      bySource.set(
        text(row, 'source'),
        violations.map((violation) => ({ contract, ...violation })),
      );
      at = Math.max(at, int(row, 't'));
    }
    return { at, broken: [...bySource.values()].flat() };
  }
}

function sayBroken(dataset: string, broken: readonly Broken[]): string {
  const [first] = broken;
  const more = broken.length > TOLD ? ` and ${broken.length - TOLD} more` : '';
  const reasons = broken.slice(0, TOLD).map(({ reason }) => reason.replace(/\.$/, ''));
  return `${dataset} breaks the contract ${first?.contract}: ${reasons.join('; ')}${more}`;
}
