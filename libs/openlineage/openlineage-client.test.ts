import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ConfigSources, resolveConfig } from './config.ts';
import { runEvent } from './event-builders.ts';
import { OpenLineageClient } from './openlineage-client.ts';
import { newRunId } from './run-id.ts';
import { ConsoleTransport } from './transports/console-transport.ts';

let folder: string;
let cwd: string;
let home: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openlineage-'));
  cwd = join(folder, 'work');
  home = join(folder, 'home');
  await mkdir(cwd);
  await mkdir(join(home, '.openlineage'), { recursive: true });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const resolve = (sources: ConfigSources = {}) => resolveConfig({ env: {}, cwd, home, ...sources });
const client = (sources: ConfigSources = {}) => new OpenLineageClient({ env: {}, cwd, home, ...sources });
const inWork = (text: string) => writeFile(join(cwd, 'openlineage.yml'), text);
const inHome = (text: string) => writeFile(join(home, '.openlineage/openlineage.yml'), text);
const event = () =>
  runEvent({
    producer: 'urn:test',
    eventType: 'START',
    run: { runId: newRunId() },
    job: { namespace: 'n', name: 'j' },
  });

describe('resolveConfig', () => {
  it('has no transport by default', () => {
    expect(resolve()).toEqual({ disabled: false });
  });

  it('takes OPENLINEAGE_CONFIG over the working folder over the home', async () => {
    await inHome('transport: { type: console }');
    expect(resolve().transport).toEqual({ type: 'console' });
    await inWork('transport: { type: noop }');
    expect(resolve().transport).toEqual({ type: 'noop' });
    await writeFile(join(folder, 'named.yml'), 'transport: { type: file, log_file_path: x }');
    expect(resolve({ env: { OPENLINEAGE_CONFIG: '../named.yml' } }).transport).toEqual({
      type: 'file',
      logfilepath: 'x',
    });
  });

  it('takes the constructor over the file over OPENLINEAGE__… over OPENLINEAGE_URL', async () => {
    const env: Record<string, string> = {
      OPENLINEAGE_URL: 'http://plain:1',
      OPENLINEAGE_ENDPOINT: 'e',
      OPENLINEAGE_API_KEY: 'k',
    };
    expect(resolve({ env }).transport).toEqual({
      type: 'http',
      url: 'http://plain:1',
      endpoint: 'e',
      auth: { type: 'api_key', apikey: 'k' },
    });
    Object.assign(env, { OPENLINEAGE__TRANSPORT__TYPE: 'http', OPENLINEAGE__TRANSPORT__URL: 'http://dynamic:1' });
    expect(resolve({ env }).transport).toEqual({ type: 'http', url: 'http://dynamic:1' });
    await inWork('transport: { type: http, url: "http://file:1" }');
    expect(resolve({ env }).transport).toEqual({ type: 'http', url: 'http://file:1' });
    const config = { transport: { type: 'http', url: 'http://code:1' } };
    expect(resolve({ env, config }).transport).toEqual({ type: 'http', url: 'http://code:1' });
  });

  it('fills what a higher source leaves open, but gives no key of one url to another', async () => {
    await inWork('transport: { type: http, url: "http://file:1", retry: { total: 2 } }');
    const env = {
      OPENLINEAGE__TRANSPORT__TYPE: 'http',
      OPENLINEAGE__TRANSPORT__AUTH: '{"type": "api_key", "apiKey": "from-json"}',
      OPENLINEAGE__TRANSPORT__AUTH__API_KEY: 'secret',
      OPENLINEAGE__TRANSPORT__RETRY__BACKOFF_FACTOR: '0.1',
    };
    expect(resolve({ env }).transport).toEqual({
      type: 'http',
      url: 'http://file:1',
      auth: { type: 'api_key', apikey: 'secret' },
      retry: { total: 2, backofffactor: '0.1' },
    });
    const elsewhere = { ...env, OPENLINEAGE__TRANSPORT__URL: 'http://other:1' };
    expect(resolve({ env: elsewhere }).transport).toEqual({ type: 'http', url: 'http://file:1', retry: { total: 2 } });
    expect(resolve({ env, config: { transport: { type: 'console' } } }).transport).toEqual({ type: 'console' });
  });

  it('reads keys as Java, Python and the environment write them, and keeps the names of headers', () => {
    const transport = (key: string, value: unknown) =>
      resolve({ config: { transport: { type: 'x', [key]: value } } }).transport;
    for (const key of ['continueOnFailure', 'continue_on_failure', 'CONTINUE_ON_FAILURE']) {
      expect(transport(key, false)).toEqual({ type: 'x', continueonfailure: false });
    }
    expect(transport('custom_headers', { 'X-Some_Name': 'v' })).toEqual({ type: 'x', headers: { 'X-Some_Name': 'v' } });
    expect(transport('transports', { My_One: { logFilePath: 'x' } })).toEqual({
      type: 'x',
      transports: { My_One: { logfilepath: 'x' } },
    });
  });

  it('is disabled by OPENLINEAGE_DISABLED, before it reads any file', async () => {
    await inWork('not: [yaml');
    expect(resolve({ env: { OPENLINEAGE_DISABLED: ' True ' } })).toEqual({ disabled: true });
    expect(() => resolve({ env: { OPENLINEAGE_DISABLED: 'false' } })).toThrow();
  });

  it('says what is wrong, and where', async () => {
    await inWork('transport:\n  type: [http\n');
    expect(() => resolve()).toThrow(/openlineage\.yml: .* line \d/s);
    await inWork('- transport');
    expect(() => resolve()).toThrow(/openlineage\.yml: settings by name/);
    await inWork('transport: http');
    expect(() => resolve()).toThrow(/"transport" holds settings/);
    expect(() => resolve({ env: { OPENLINEAGE_CONFIG: 'nowhere.yml' } })).toThrow(/OPENLINEAGE_CONFIG: .*nowhere\.yml/);
    expect(() => resolve({ env: { OPENLINEAGE__TRANSPORT: '{oops' } })).toThrow(
      /OPENLINEAGE__TRANSPORT begins like JSON/,
    );
    await inWork('');
    expect(resolve()).toEqual({ disabled: false });
  });
});

describe('OpenLineageClient', () => {
  it('sends to OPENLINEAGE_URL', async () => {
    const requests: { url: string | undefined; authorization: string | undefined; body: unknown }[] = [];
    const server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      requests.push({ url: request.url, authorization: request.headers.authorization, body: JSON.parse(text) });
      response.writeHead(201).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const sender = client({ env: { OPENLINEAGE_URL: url, OPENLINEAGE_API_KEY: 'k' } });
    const sent = event();
    expect(await sender.emit(sent)).toMatchObject({ ok: true });
    expect(requests).toEqual([{ url: '/api/v1/lineage', authorization: 'Bearer k', body: sent }]);
    expect(await sender.close()).toBe(true);
    await new Promise((done) => server.close(done));
  });

  it('builds every type from settings', async () => {
    const http = { url: 'http://h:1', timeout: 2, auth: { type: 'api_key', apiKey: 'k' }, compression: 'gzip' };
    const retry = {
      total: 5,
      read: 5,
      connect: 5,
      backoff_factor: 0.3,
      status_forcelist: [500],
      allowed_methods: ['POST'],
    };
    const transports = {
      a: { type: 'http', ...http, retry, custom_headers: { 'X-A': 'b' }, verify: false, url_params: { q: '1' } },
      b: { type: 'async_http', ...http, max_queue_size: 5, max_concurrent_requests: '2' },
      c: { type: 'file', log_file_path: join(folder, 'c.ndjson'), append: true },
      d: { type: 'file', location: join(folder, 'd.ndjson') },
      e: { type: 'console', name: 'e', priority: 1 },
      f: { type: 'noop' },
    };
    const warned = vi.spyOn(process, 'emitWarning');
    const built = client({ config: { transport: { type: 'composite', transports, continueOnFailure: 'true' } } });
    expect(built.transport.name).toBe(
      `composite (http http://h:1/api/v1/lineage, async_http http://h:1/api/v1/lineage, file ${folder}/c.ndjson, file ${folder}/d.ndjson, console, noop)`,
    );
    expect(warned).not.toHaveBeenCalled();
    expect(await built.close()).toBe(true);
    const list = { type: 'composite', transports: Object.values(transports).slice(2, 3) };
    expect(await client({ config: { transport: list } }).emit(event())).toMatchObject({ ok: true });
    expect(await readFile(join(folder, 'c.ndjson'), 'utf8')).toContain('"START"');
  });

  it.each([
    [{ type: 'kafka' }, 'transport.type: this client has no "kafka"; it has http, async_http'],
    [{ type: '' }, 'transport.type is missing'],
    [{ type: 'http' }, 'transport.url is missing'],
    [{ type: 'http', url: 'hub' }, '"hub" is no http(s) URL'],
    [{ type: 'http', url: 'http://h', timeout: 'soon' }, 'transport.timeout is a number from 0, not "soon"'],
    [{ type: 'http', url: 'http://h', verify: 'maybe' }, 'transport.verify is true or false, not "maybe"'],
    [{ type: 'http', url: 'http://h', compression: 'zstd' }, 'transport.compression is gzip, not "zstd"'],
    [{ type: 'http', url: 'http://h', auth: { type: 'jwt' } }, 'transport.auth.type is api_key'],
    [{ type: 'http', url: 'http://h', auth: { type: 'api_key' } }, 'transport.auth.apikey is missing'],
    [{ type: 'file', log_file_path: 'x', append: false }, 'transport.append is true: this client only appends'],
    [{ type: 'file' }, 'transport.path is missing'],
    [{ type: 'composite', transports: [] }, 'transport.transports lists at least one transport'],
    [{ type: 'composite', transports: [{ type: 'x' }] }, 'transport.transports.0.type: this client has no "x"'],
  ])('refuses %j', (transport, message) => {
    expect(() => client({ config: { transport } })).toThrow(message);
  });

  it('warns of a setting that it does not know', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    client({ config: { transport: { type: 'http', url: 'http://h', time_out: 3, timeoutt: 3 } } });
    expect(warned).toHaveBeenCalledWith(
      expect.stringContaining('transport: this client knows no timeoutt'),
      'OpenLineageWarning',
    );
  });

  it('takes further types of transport', () => {
    const kafka = new ConsoleTransport();
    const config = { transport: { type: 'kafka', topicName: 't' } };
    const build = vi.fn(() => kafka);
    expect(new OpenLineageClient({ env: {}, cwd, home, config, transportTypes: { kafka: build } }).transport).toBe(
      kafka,
    );
    expect(build).toHaveBeenCalledWith({ type: 'kafka', topicname: 't' });
  });

  it('prefers a transport that is given, unless disabled', () => {
    const transport = new ConsoleTransport();
    const env = { OPENLINEAGE_URL: 'http://h' };
    expect(new OpenLineageClient({ transport, env }).transport).toBe(transport);
    expect(new OpenLineageClient({ transport, env: { OPENLINEAGE_DISABLED: 'true' } }).transport.name).toBe('noop');
  });

  it('prints and warns when nothing is configured', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const sent = event();
    await client().emit(sent);
    expect(warned).toHaveBeenCalledWith(expect.stringContaining('OPENLINEAGE_URL'), 'OpenLineageWarning');
    expect(printed).toHaveBeenCalledWith(JSON.stringify(sent));
  });
});
