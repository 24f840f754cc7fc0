import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The real command, as built: what a user runs is what these tests run. */
const BIN = findBin();
const START_WITHIN_MS = 60_000;

export interface HubOptions {
  /** Over an environment without any HEADWATER_ variable. */
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** An existing data folder; default: a new one, removed at the end. */
  readonly data?: string;
  /** Where it is started; default: a folder that is empty. */
  readonly cwd?: string;
}

/** Where hubs keep what they hold. */
export interface HubSize {
  /** As hubs name it; of the queue the first word. */
  readonly keeping: { readonly store: string; readonly queue: string };
  /** Variables that name the servers. */
  readonly env: Readonly<Record<string, string>>;
  /** There is one of each server: emptied for a hub that is to start with nothing. */
  empty(): Promise<void>;
}

/** Files of a hub's own data folder, unless a setup file of the suite says otherwise. */
let size: HubSize | null = null;
export function runHubsOn(servers: HubSize): void {
  size = servers;
}
export const hubKeeping = (): HubSize['keeping'] =>
  size?.keeping ?? { store: 'embedded (SQLite)', queue: 'embedded (SQLite)' };

/** Ends hubs that a failed test left: others would share the servers with them. */
export async function endHubs(): Promise<void> {
  await Promise.all(
    [...hubs].map((child) => {
      const ended = endOf(child);
      child.kill('SIGKILL');
      return ended;
    }),
  );
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body where it is JSON. */
  readonly json: unknown;
}

export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  /** Any header, `Host` and `Origin` too, which `fetch` would not let through. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface TestHub {
  /** `http://127.0.0.1:PORT` */
  readonly address: string;
  readonly data: string;
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** What it has logged so far. */
  log(): string;
  ask(request: RawRequest): Promise<RawAnswer>;
  /** Sends one event; the position that it got. Throws when it isn't taken. */
  send(event: object): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** Stops it in order. */
  stop(): Promise<Ended>;
}

const running = new Set<ChildProcess>();
const hubs = new Set<ChildProcess>();
const folders: string[] = [];
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that goes away with the test process. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-test-'));
  folders.push(folder);
  return folder;
}

/** Starts `headwater serve` on a free port and waits until it is ready. */
export async function startTestHub(options: HubOptions = {}): Promise<TestHub> {
  const data = options.data ?? join(temporaryFolder(), 'data');
  // One that starts on a folder goes on with what its servers hold; a new one must find them empty.
  if (size !== null && !existsSync(data)) await emptySize(size);
  const child = spawnHeadwater(
    ['serve', '--json', '--port', '0', '--data', data, ...(options.args ?? [])],
    options.env,
    options.cwd,
  );
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const ended = endOf(child);
  const address = await firstAddress(child, ended, () => log).catch((error: unknown) => {
    // Nobody else knows of it: it would go on by itself, on the servers of whatever comes next.
    child.kill('SIGKILL');
    throw error;
  });
  hubs.add(child);
  child.on('exit', () => hubs.delete(child));
  const hub: TestHub = {
    address,
    data,
    pid: child.pid ?? 0,
    ended,
    log: () => log,
    ask: (request) => ask(address, request),
    async send(event) {
      const body = JSON.stringify(event);
      const answer = await ask(address, {
        method: 'POST',
        path: '/api/v1/lineage',
        body,
        headers: { 'content-type': 'application/json' },
      });
      if (answer.status !== 201) throw new Error(`the event was not taken: ${answer.status} ${answer.body}`);
      return String(answer.headers['headwater-position']);
    },
    signal: (signal) => child.kill(signal),
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
  return hub;
}

async function emptySize(servers: HubSize): Promise<void> {
  if (hubs.size > 0) throw new Error('a hub of this file still runs on the one graph there is: stop it first');
  await servers.empty();
}

/** Runs another command to its end. */
export async function runHeadwater(
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string; readonly input?: string } = {},
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawnHeadwater(args, options.env, options.cwd);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin?.end(options.input ?? '');
  const { code } = await endOf(child);
  return { code, stdout, stderr };
}

/** One HTTP request exactly as given. */
export function ask(
  address: string,
  { method = 'GET', path = '/', headers = {}, body }: RawRequest,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(new URL(path, address), { method, headers: { ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = (response.headers['content-type'] ?? '').startsWith('application/json');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: text,
          json: isJson ? JSON.parse(text) : null,
        });
      });
    });
    request.on('error', reject);
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '', json: null });
    });
    request.end(body);
  });
}

/** Environment without our variables and without what the test runner says to Node. */
function cleanEnvironment(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (
      value === undefined ||
      name.startsWith('HEADWATER_') ||
      name === 'NODE_OPTIONS' ||
      name === 'NEO4J_URI' ||
      name === 'REDIS_URL'
    )
      continue;
    kept[name] = value;
  }
  return kept;
}

/** Any command; it ends with this process at the latest. */
export function spawnHeadwater(
  args: readonly string[],
  env: HubOptions['env'] = {},
  cwd: string = temporaryFolder(),
): ChildProcess {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd,
    env: { ...cleanEnvironment(), ...size?.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  child.on('exit', () => running.delete(child));
  return child;
}

function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    // `close`, not `exit`: what it wrote last is here too.
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
}

function firstAddress(child: ChildProcess, ended: Promise<Ended>, log: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the hub was not ready in time:\n${log()}`)), START_WITHIN_MS);
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const line = text.split('\n').find((each) => each.startsWith('{'));
      if (line === undefined || !text.includes('\n')) return;
      clearTimeout(timer);
      const said: unknown = JSON.parse(line);
      if (typeof said === 'object' && said !== null && 'address' in said) resolve(String(said.address));
    });
    void ended.then(({ code }) => {
      clearTimeout(timer);
      reject(new Error(`the hub ended with ${code}:\n${log()}`));
    });
  });
}

/** Upwards from here: this file lies at other depths in the sources and in the build. */
function findBin(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'bin', 'headwater.mjs');
    if (existsSync(path)) return path;
  }
  throw new Error('bin/headwater.mjs is not above this file');
}
