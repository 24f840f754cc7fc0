/** One Neo4j database: Cypher in, plain values out. The driver is loaded when it is used: it costs a tenth of a second. */
import type { Driver, ManagedTransaction } from 'neo4j-driver';

export interface Neo4jOptions {
  /** `bolt://`, `neo4j://` and their `+s` forms. */
  readonly uri: string;
  readonly user?: string;
  readonly password?: string;
  /** Default: the server's own. */
  readonly database?: string;
  /** How long a transaction that met a passing fault is tried again, ms. */
  readonly retryFor?: number;
}

/** A restart of the server takes half a minute; the driver's own 30 s give up just before its end. */
const RETRY_FOR = 120_000;

export type Properties = Readonly<Record<string, unknown>>;

/** What runs in one transaction. */
export interface Statements {
  run(cypher: string, parameters?: Properties): Promise<readonly Properties[]>;
}

export class Neo4jDatabase {
  readonly #driver: Driver;
  readonly #of: { readonly database?: string };

  private constructor(driver: Driver, database: string | undefined) {
    this.#driver = driver;
    this.#of = database === undefined ? {} : { database };
  }

  /** @throws where the server doesn't answer, or refuses the user */
  static async connect(of: Neo4jOptions): Promise<Neo4jDatabase> {
    const { uri, user, password, database, retryFor = RETRY_FOR } = of;
    const { default: neo4j } = await import('neo4j-driver');
    const token = user === undefined ? undefined : neo4j.auth.basic(user, password ?? '');
    const driver = neo4j.driver(uri, token, {
      disableLosslessIntegers: true,
      maxTransactionRetryTime: retryFor,
      userAgent: 'headwater',
    });
    try {
      await driver.verifyConnectivity(database === undefined ? {} : { database });
    } catch (error) {
      await driver.close();
      // `neo4j://` names each reason alike: that nobody told it where to go. Asked without that question, the server says more.
      if (error instanceof Error && /discovery/.test(error.message) && uri.startsWith('neo4j'))
        await closing(Neo4jDatabase.connect({ ...of, uri: uri.replace('neo4j', 'bolt') }));
      throw error;
    }
    return new Neo4jDatabase(driver, database);
  }

  /** Runs `work` in one transaction, again where the server says that another try may pass: it has to bear that. */
  async write<T>(work: (statements: Statements) => Promise<T>, viewer?: string): Promise<T> {
    const session = this.#driver.session(this.#of);
    try {
      return await session.executeWrite((transaction) => work(statementsOf(transaction)), told(viewer));
    } finally {
      await session.close();
    }
  }

  /**
   * Runs `work` in one transaction and tries again as `write` does, but not where `refuse` throws: it sees each failure of a
   * statement, and of the first try that of committing too, which the driver shows to nobody before it tries again.
   */
  async writeUnless<T>(refuse: (error: unknown) => void, work: (statements: Statements) => Promise<T>): Promise<T> {
    const refusing = async (error: unknown): Promise<never> => {
      refuse(error);
      throw error;
    };
    const session = this.#driver.session(this.#of);
    try {
      const transaction = await session.beginTransaction();
      const result = await work(statementsOf(transaction));
      await transaction.commit();
      return result;
    } catch (error) {
      refuse(error);
      const { default: neo4j } = await import('neo4j-driver');
      if (!neo4j.isRetryableError(error)) throw error;
    } finally {
      // What is still open in it is rolled back.
      await session.close();
    }
    return this.write((statements) => work(statements).catch(refusing)).catch(refusing);
  }

  /** @param viewer who asks: it stands in the server's list of transactions */
  async read<T>(work: (statements: Statements) => Promise<T>, viewer?: string): Promise<T> {
    const session = this.#driver.session({ ...this.#of, defaultAccessMode: 'READ' });
    try {
      return await session.executeRead((transaction) => work(statementsOf(transaction)), told(viewer));
    } finally {
      await session.close();
    }
  }

  /** One statement that reads, and nothing else: a round trip. What may pass is tried again as `read` does. */
  async ask(cypher: string, parameters: Properties, viewer?: string): Promise<readonly Properties[]> {
    const session = this.#driver.session({ ...this.#of, defaultAccessMode: 'READ' });
    try {
      const { records } = await session.run(cypher, parameters, told(viewer));
      return records.map((record) => record.toObject());
    } catch (error) {
      const { default: neo4j } = await import('neo4j-driver');
      if (!neo4j.isRetryableError(error)) throw error;
    } finally {
      await session.close();
    }
    return this.read(({ run }) => run(cypher, parameters), viewer);
  }

  /** Changes of the schema can't share a transaction with data, nor be tried again by the driver. */
  async run(cypher: string, parameters: Properties = {}): Promise<readonly Properties[]> {
    const session = this.#driver.session(this.#of);
    try {
      const { records } = await session.run(cypher, parameters);
      return records.map((record) => record.toObject());
    } finally {
      await session.close();
    }
  }

  /** The plan of a query, as the server would run it; nothing is run. Names of operators, from the result downwards. */
  async operators(cypher: string): Promise<readonly string[]> {
    const session = this.#driver.session(this.#of);
    try {
      const { summary } = await session.run(`EXPLAIN ${cypher}`);
      return summary.plan === false ? [] : operatorsOf(summary.plan);
    } finally {
      await session.close();
    }
  }

  async close(): Promise<void> {
    await this.#driver.close();
  }
}

const closing = async (opened: Promise<Neo4jDatabase>): Promise<void> => (await opened).close();

const told = (viewer?: string) => (viewer === undefined ? {} : { metadata: { viewer } });

function statementsOf(transaction: Pick<ManagedTransaction, 'run'>): Statements {
  return {
    run: async (cypher, parameters = {}) => {
      const { records } = await transaction.run(cypher, parameters);
      return records.map((record) => record.toObject());
    },
  };
}

interface PlanNode {
  readonly operatorType: string;
  readonly children: readonly PlanNode[];
}

/** `NodeUniqueIndexSeek@neo4j` is told without the database's name. */
const operatorsOf = (plan: PlanNode): string[] => [
  plan.operatorType.replace(/@.*$/, ''),
  ...plan.children.flatMap(operatorsOf),
];
