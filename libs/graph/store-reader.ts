/**
 * The reader of a store. Walks and reads by id are answered at once, on the thread of the caller; what may look at a whole
 * table goes to another thread as soon as the tables are large. There each takes some tenths of a millisecond more, and
 * holds up nobody else.
 */
import type {
  Asset,
  AssetKind,
  AssetList,
  ChangeFeed,
  ChangeQuery,
  Counts,
  FlowLimits,
  NameQuery,
  Page,
  SearchHit,
  SearchQuery,
} from '#lineage';
import type { ScanMethod } from './graph-messages.ts';
import type { ScanThread } from './scan-thread.ts';
import { type Database, int } from './sqlite/database.ts';
import { areRare } from './sqlite/rare-changes.ts';
import type { Found, JobsInState } from './sqlite/read/marquez-reads.ts';
import { SqliteGraphReader } from './sqlite/read/sqlite-graph-reader.ts';

/** Names, and rows of the change feed divided by ten: a scan of so many takes some ten milliseconds. */
export const LARGE = 20_000;

type Answer<Method extends ScanMethod> = Awaited<ReturnType<SqliteGraphReader[Method]>>;

export class StoreReader extends SqliteGraphReader {
  readonly #db: Database;
  readonly #scans: ScanThread;
  readonly #large: number;

  constructor(db: Database, limits: FlowLimits, scans: ScanThread, large: number) {
    super(db, limits);
    this.#db = db;
    this.#scans = scans;
    this.#large = large;
  }

  override async list(query: AssetList): Promise<Page<Asset>> {
    return this.#isLarge() ? this.#scan('list', [query]) : super.list(query);
  }

  override async namespaces(): Promise<Answer<'namespaces'>> {
    return this.#isLarge() ? this.#scan('namespaces', []) : super.namespaces();
  }

  override async cycles(first: number): Promise<Answer<'cycles'>> {
    if (!this.#isLarge()) return super.cycles(first);
    return (await this.#scans.askAlone('cycles', [first])) as Answer<'cycles'>;
  }

  override async search(query: SearchQuery): Promise<Page<SearchHit>> {
    return this.#isLarge() ? this.#scan('search', [query]) : super.search(query);
  }

  /** Those of known subjects, and of kinds that are rare, are found by an index. */
  override async changes(query: ChangeQuery): Promise<ChangeFeed> {
    return query.subjects === null && !areRare(query.kinds) && this.#isLarge()
      ? this.#scan('changes', [query])
      : super.changes(query);
  }

  override async counts(): Promise<Counts> {
    return this.#isLarge() ? this.#scan('counts', []) : super.counts();
  }

  override async findByName(query: NameQuery): Promise<Found> {
    return this.#isLarge() ? this.#scan('findByName', [query]) : super.findByName(query);
  }

  override async jobsInState(query: JobsInState): Promise<Found> {
    return this.#isLarge() ? this.#scan('jobsInState', [query]) : super.jobsInState(query);
  }

  override async firstSeenBefore(kind: AssetKind, times: readonly number[]): Promise<readonly number[]> {
    return this.#isLarge() ? this.#scan('firstSeenBefore', [kind, times]) : super.firstSeenBefore(kind, times);
  }

  /** The greatest numbers are found without counting. */
  #isLarge(): boolean {
    const row = this.#db.get(
      'SELECT max(ifnull((SELECT max(id) FROM name), 0), ifnull((SELECT max(sequence) FROM change), 0) / 10) AS n',
    );
    return int(row ?? {}, 'n') >= this.#large;
  }

  async #scan<Method extends ScanMethod>(
    method: Method,
    args: Parameters<SqliteGraphReader[Method]>,
  ): Promise<Answer<Method>> {
    return (await this.#scans.ask(method, args)) as Answer<Method>;
  }
}
