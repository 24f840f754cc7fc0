/** The HTTP side of a hub over doubles: a pipeline that answers what it is told, a store that knows next to nothing. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InjectOptions } from 'fastify';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { EventLog, GraphReader, GraphStore, Scope, Viewer } from '#lineage';
import type { AcceptOutcome, BatchOutcome, Pipeline, PipelineStatus } from '#pipeline';
import { loadSettings } from '../../apps/hub/config/load-settings.ts';
import { createHttpApp, type HttpApp, type RoutePlugin } from '../../apps/hub/http/http-server.ts';
import type { HubParts } from '../../apps/hub/hub-parts.ts';
import { OPEN_ACCESS, openKeyedAccess } from '../../apps/hub/keys/access.ts';
import { addKey } from '../../apps/hub/keys/key-file.ts';

const STATUS: PipelineStatus = {
  state: 'running',
  reason: null,
  since: 0,
  head: 7,
  applied: 5,
  backlog: 2,
  applyRate: null,
  accepted: 3,
  repeats: 1,
  refused: 4,
  busy: 0,
  unavailable: 0,
  refusalsLost: 0,
  faults: 0,
  applyRetries: 0,
  listenerErrors: 0,
  pruneFailure: null,
  tickFailure: null,
  pruned: null,
};

/** A pipeline that answers what it is told and remembers what it was given. */
class PipelineDouble {
  outcome: AcceptOutcome = { kind: 'accepted', position: 7, repeat: false };
  batchOutcome: BatchOutcome = { kind: 'all', position: 9 };
  current: PipelineStatus = STATUS;
  taken: { text: string; viewer: Viewer }[] = [];

  async accept(bytes: Uint8Array, viewer: Viewer): Promise<AcceptOutcome> {
    this.taken.push({ text: Buffer.from(bytes).toString(), viewer });
    return this.outcome;
  }
  async acceptBatch(bytes: Uint8Array, viewer: Viewer): Promise<BatchOutcome> {
    this.taken.push({ text: Buffer.from(bytes).toString(), viewer });
    return this.batchOutcome;
  }
  async refuse(): Promise<null> {
    return null;
  }
  async waitFor(position: number): Promise<{ reached: boolean; applied: number }> {
    return { reached: position <= this.current.applied, applied: this.current.applied };
  }
  status(): PipelineStatus {
    return this.current;
  }
  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  async prune(): Promise<never> {
    throw new Error('not asked for');
  }
  async replayRefusals(): Promise<readonly never[]> {
    return [];
  }
  async merge(): Promise<null> {
    return null;
  }
  async split(): Promise<null> {
    return null;
  }
  async remark(): Promise<null> {
    return null;
  }
  async removeRemark(): Promise<null> {
    return null;
  }
  onChanges(): () => void {
    return () => undefined;
  }
  onState(): () => void {
    return () => undefined;
  }
}

/** Rules that have nothing to say. */
const NO_RULES_AT_WORK = {
  reactor: { status: () => ({ failure: null }) },
  dispatcher: { status: () => ({ failure: null }) },
  keeper: { status: () => ({ problems: [] }) },
  policies: { status: () => ({ failure: null }) },
  contracts: { status: () => ({ failure: null }) },
} as unknown as HubParts['rules'];

export interface Hub extends HttpApp {
  readonly pipeline: PipelineDouble;
  readonly keysFile: string;
  /** The keys that it knew when it started, by name. */
  readonly keys: ReadonlyMap<string, string>;
  ask(
    options: InjectOptions,
  ): Promise<{ status: number; body: string; json: unknown; headers: Record<string, unknown> }>;
}

/** The HTTP side of a hub over doubles, until the test ends. */
export async function hub({
  env = {},
  keys = {} as Readonly<Record<string, readonly Scope[]>>,
  plugins = [] as readonly RoutePlugin[],
  lines = [] as readonly string[],
  servers = null as HubParts['servers'],
} = {}): Promise<Hub> {
  const cwd = mkdtempSync(join(tmpdir(), 'headwater-http-'));
  const { settings } = loadSettings({ flags: {}, env, cwd });
  const pipeline: PipelineDouble & Pipeline = new PipelineDouble();
  const keysFile = join(cwd, 'keys.json');
  const added = new Map(
    Object.entries(keys).map(([name, scopes]) => [name, addKey(keysFile, name, scopes, new Date(0))]),
  );
  const access = added.size > 0 ? openKeyedAccess(keysFile, () => undefined) : OPEN_ACCESS;
  const parts: HubParts = {
    settings,
    // What these tests never ask of a log and a store is not there.
    log: {} as EventLog,
    store: {
      reader: () =>
        ({ counts: async () => ({ datasets: 8, jobs: 9, fields: 0, edges: 12 }) }) as unknown as GraphReader,
      figures: async () => ({ rederived: 6 }),
      async *export() {
        yield* lines;
      },
    } as unknown as GraphStore,
    pipeline,
    rules: NO_RULES_AT_WORK,
    servers,
    clock: { now: () => 0 },
    access,
    logger: pino({ level: 'silent' }),
    version: '1.2.3',
    keeping: { store: 'double', queue: 'double', durability: 'none' },
  };
  const made = await createHttpApp(parts, plugins);
  onTestFinished(() => made.app.close().finally(() => access.stop()));
  return {
    ...made,
    pipeline,
    keysFile,
    keys: added,
    async ask(options) {
      const headers = { host: 'localhost:4600', ...options.headers };
      const answer = await made.fastify.inject({ ...options, headers });
      const type = String(answer.headers['content-type'] ?? '');
      return {
        status: answer.statusCode,
        body: answer.body,
        json: type.startsWith('application/json') ? answer.json() : null,
        headers: answer.headers,
      };
    },
  };
}

export const JSON_TYPE = { 'content-type': 'application/json' };
export const post = (payload: string | Buffer, headers: Record<string, string> = {}): InjectOptions => ({
  method: 'POST',
  url: '/api/v1/lineage',
  payload,
  headers: { ...JSON_TYPE, ...headers },
});
