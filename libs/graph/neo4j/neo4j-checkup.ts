/** What is wrong with a Neo4j, and with the graph in it, and what to do. It writes nothing. */
import { Neo4jDatabase, type Neo4jOptions, type Properties } from './neo4j-database.ts';
import { NEO4J_SCHEMA } from './prepare-schema.ts';
import {
  COUNT_BARE_ASSETS,
  COUNT_CHANGES,
  COUNT_COMMITS,
  READ_DATABASES,
  READ_LAST_IMPORT,
  READ_SERVER,
  READ_TIME,
} from './queries/checkup-queries.ts';
import { READ_POSITION } from './queries/commit-queries.ts';
import { READ_SCHEMA } from './queries/schema-queries.ts';

export interface Neo4jFinding {
  /** `wrong`: the hub can't work with it, or the graph is damaged. */
  readonly severity: 'wrong' | 'weak';
  readonly text: string;
}

export interface Neo4jCheckup {
  /** null: it could not be asked. */
  readonly version: string | null;
  /** The last applied position; null: it holds no graph. */
  readonly applied: number | null;
  readonly commit: number | null;
  /** The log that it is folded from; null: none yet. */
  readonly log: string | null;
  /** How far the server's clock is ahead of this machine's, ms. */
  readonly aheadMs: number | null;
  readonly findings: readonly Neo4jFinding[];
}

const LEAST_MAJOR = 5;
const NOT_ASKED = { version: null, applied: null, commit: null, log: null, aheadMs: null };

/** Never rejects for what a server can be: that is what is found. */
export async function checkNeo4j(options: Neo4jOptions): Promise<Neo4jCheckup> {
  try {
    const database = await Neo4jDatabase.connect(options);
    try {
      return await new Checkup(database, options).look();
    } finally {
      await database.close();
    }
  } catch (error) {
    return { ...NOT_ASKED, findings: [wrong(refusalOf(error, options))] };
  }
}

class Checkup {
  readonly #database: Neo4jDatabase;
  readonly #options: Neo4jOptions;
  readonly #findings: Neo4jFinding[] = [];

  constructor(database: Neo4jDatabase, options: Neo4jOptions) {
    this.#database = database;
    this.#options = options;
  }

  async look(): Promise<Neo4jCheckup> {
    const version = await this.#server();
    await this.#access();
    const asked = Date.now();
    const aheadMs = Number((await this.#ask(READ_TIME))['now']) - (asked + Date.now()) / 2;
    const { schema } = await this.#ask(READ_SCHEMA);
    if (Number(schema ?? 0) > NEO4J_SCHEMA) {
      this.#findings.push(
        wrong(
          `the graph has schema ${Number(schema)}, and this version knows ${NEO4J_SCHEMA} at most: start the version that made it, or a newer one`,
        ),
      );
    }
    const at = await this.#graph();
    return { version, ...at, aheadMs: Math.round(aheadMs), findings: this.#findings };
  }

  async #server(): Promise<string> {
    const { version } = await this.#ask(READ_SERVER);
    const said = String(version ?? 'unknown');
    if (Number(said.split('.')[0]) < LEAST_MAJOR)
      this.#findings.push(wrong(`Neo4j ${said} is too old: install ${LEAST_MAJOR} or newer`));
    return said;
  }

  async #access(): Promise<void> {
    const wanted = this.#options.database;
    const databases = await this.#database.run(READ_DATABASES);
    const own = databases.find(({ name, home }) => (wanted === undefined ? home === true : name === wanted));
    if (own === undefined) return;
    const name = String(own['name']);
    if (own['access'] === 'read-only') {
      this.#findings.push(
        wrong(
          `the database ${name} is read-only, so nothing is applied: set server.databases.default_to_read_only=false and take ${name} out of server.databases.read_only`,
        ),
      );
    }
    if (own['currentStatus'] !== 'online')
      this.#findings.push(wrong(`the database ${name} is ${String(own['currentStatus'])}: START DATABASE ${name}`));
  }

  async #graph(): Promise<Pick<Neo4jCheckup, 'applied' | 'commit' | 'log'>> {
    const { commit, applied, sequence, log } = await this.#ask(READ_POSITION);
    if (commit === undefined) return { applied: null, commit: null, log: null };
    const [commits, changes, bare] = [
      await this.#ask(COUNT_COMMITS),
      await this.#ask(COUNT_CHANGES),
      await this.#ask(COUNT_BARE_ASSETS),
    ];
    const damaged = (what: string): Neo4jFinding =>
      wrong(
        `the graph is damaged: ${what}. Something else wrote to this database. Restore it from a dump, or empty it and fold the log anew`,
      );
    const { n, taken, last } = commits;
    if (Number(last) !== Number(commit) || Number(n) !== Number(last) - Number(taken))
      this.#findings.push(
        damaged(`${Number(n)} commits are there after the first ${Number(taken)}, and it is at ${Number(commit)}`),
      );
    if (Number(changes['n']) !== Number(sequence))
      this.#findings.push(damaged(`${String(changes['n'])} changes are there, and it is at ${String(sequence)}`));
    if (Number(bare['n']) > 0)
      this.#findings.push(damaged(`${String(bare['n'])} assets are there that nothing is said of`));
    const { step } = await this.#ask(READ_LAST_IMPORT);
    if (typeof step === 'string' && !step.includes('"last":true'))
      this.#findings.push(
        wrong('an import is under way, or was broken off: then empty the database and import it again'),
      );
    return { applied: Number(applied), commit: Number(commit), log: typeof log === 'string' ? log : null };
  }

  async #ask(query: string): Promise<Properties> {
    return (await this.#database.run(query))[0] ?? {};
  }
}

const wrong = (text: string): Neo4jFinding => ({ severity: 'wrong', text });

/** What the driver said, and what to do about it. */
function refusalOf(error: unknown, { uri, database }: Neo4jOptions): string {
  const said = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/Unauthorized|AuthenticationRateLimit|CredentialsExpired/.test(code))
    return `it refuses the user or the password: set NEO4J_USER and NEO4J_PASSWORD (${said})`;
  if (code.includes('DatabaseNotFound')) return `it has no database ${database}: make it, or correct NEO4J_DATABASE`;
  if (/certificate|self.signed|SSL|TLS/i.test(said))
    return `its certificate isn't trusted, or it speaks no TLS: ${uri.split(':')[0]}://… wants one that is signed by an authority that Node knows (NODE_EXTRA_CA_CERTS names the file of another), +ssc takes any (${said})`;
  if (/needs to be restarted/.test(said))
    return `it gave up: see its log, and whether its disk is full; then start it again (${said})`;
  if (code === 'ServiceUnavailable' || code === 'SessionExpired')
    return `nothing answers at ${uri}: start it, or correct NEO4J_URI (${said})`;
  return `${said}: see that NEO4J_URI (${uri}) names a Neo4j`;
}
