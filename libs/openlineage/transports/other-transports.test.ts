import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runEvent } from '../event-builders.ts';
import type { OpenLineageEvent, RunEvent } from '../events.ts';
import { CompositeTransport } from './composite-transport.ts';
import { ConsoleTransport } from './console-transport.ts';
import { FileTransport } from './file-transport.ts';
import { NoopTransport } from './noop-transport.ts';
import type { EmitResult, Transport } from './transport.ts';

const event = (name = 'j') => runEvent({ producer: 'urn:test', run: { runId: 'r' }, job: { namespace: 'n', name } });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openlineage-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('FileTransport', () => {
  it('appends one line an event, in order, in a folder that it makes', async () => {
    const path = join(folder, 'a/b/events.ndjson');
    const transport = new FileTransport({ path });
    const names = Array.from({ length: 200 }, (_, i) => `${i} ${'x'.repeat(i * 50)}\n`);
    const results = await Promise.all(names.map((name) => transport.emit(event(name))));
    expect(results.every((result) => result.ok)).toBe(true);
    expect(await transport.close()).toBe(true);
    await new FileTransport({ path }).emit(event('after'));
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as RunEvent).job.name)).toEqual([...names, 'after']);
    expect(await transport.emit(event())).toMatchObject({ ok: false, error: { reason: 'closed' } });
  });

  it('says what is wrong with the file, and goes on with the next event', async () => {
    await writeFile(join(folder, 'plain'), '');
    const transport = new FileTransport({ path: join(folder, 'plain/events') });
    const first = await transport.emit(event());
    expect(first).toMatchObject({
      ok: false,
      error: { reason: 'file', code: 'ENOTDIR', path: join(folder, 'plain/events') },
    });
    await rm(join(folder, 'plain'));
    expect(await transport.emit(event())).toMatchObject({ ok: true });
    const nowhere = new FileTransport({ path: '/proc/headwater/events' });
    expect(await nowhere.emit(event())).toMatchObject({ ok: false, error: { reason: 'file' } });
  });
});

describe('ConsoleTransport and NoopTransport', () => {
  it('prints a line, or nothing', async () => {
    const lines: string[] = [];
    const sent = event('a\nb');
    expect(await new ConsoleTransport({ write: (line) => lines.push(line) }).emit(sent)).toEqual({
      ok: true,
      attempts: 1,
    });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([sent]);
    expect(await new NoopTransport().emit()).toEqual({ ok: true, attempts: 0 });
  });
});

describe('CompositeTransport', () => {
  class Probe implements Transport {
    readonly got: OpenLineageEvent[] = [];
    closed = false;
    constructor(
      readonly name: string,
      readonly answer: () => Promise<EmitResult> = () => Promise.resolve({ ok: true, attempts: 1 }),
    ) {}
    emit(one: OpenLineageEvent): Promise<EmitResult> {
      this.got.push(structuredClone(one));
      return this.answer();
    }
    flush(): Promise<boolean> {
      return Promise.resolve(true);
    }
    close(): Promise<boolean> {
      this.closed = true;
      return Promise.resolve(true);
    }
  }
  const failing = (name: string) =>
    new Probe(name, () =>
      Promise.resolve({ ok: false, attempts: 2, error: { reason: 'timeout', message: `${name} is late` } }),
    );

  it('sends to all, and to the rest when one fails or even throws; the result names the failures', async () => {
    const throwing = new Probe('c', () => Promise.reject(new Error('not kept its promise')));
    const probes = [failing('a'), new Probe('b'), throwing, new Probe('d')];
    const composite = new CompositeTransport({ transports: probes });
    const result = await composite.emit(event());
    expect(probes.map((probe) => probe.got.length)).toEqual([1, 1, 1, 1]);
    expect(result).toMatchObject({
      ok: false,
      attempts: 4,
      error: {
        reason: 'composite',
        delivered: ['b', 'd'],
        failures: [
          { transport: 'a', attempts: 2, error: { reason: 'timeout' } },
          { transport: 'c', error: { reason: 'unexpected' } },
        ],
        message: '2 of 4 transports failed: a is late; c: Error: not kept its promise',
      },
    });
    expect(await composite.close()).toBe(true);
    expect(probes.every((probe) => probe.closed)).toBe(true);
  });

  it('stops at the first failure with continueOnFailure: false', async () => {
    const probes = [new Probe('a'), failing('b'), new Probe('c')];
    const result = await new CompositeTransport({ transports: probes, continueOnFailure: false }).emit(event());
    expect(probes.map((probe) => probe.got.length)).toEqual([1, 1, 0]);
    expect(result).toMatchObject({ ok: false, error: { delivered: ['a'] } });
  });

  it('takes the next as a stand-in with continueOnSuccess: false', async () => {
    const probes = [failing('a'), new Probe('b'), new Probe('c')];
    const result = await new CompositeTransport({ transports: probes, continueOnSuccess: false }).emit(event());
    expect(probes.map((probe) => probe.got.length)).toEqual([1, 1, 0]);
    expect(result).toMatchObject({ ok: true, failures: [{ transport: 'a' }] });
  });

  it('in turn: gives the second what was emitted, and closes the second only after it', async () => {
    const slow = new Probe('a', async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return { ok: true, attempts: 1 };
    });
    const second = new Probe('b');
    const composite = new CompositeTransport({ transports: [slow, second], continueOnFailure: false });
    const sent = event();
    const result = composite.emit(sent);
    sent.job.name = 'altered';
    const closed = composite.close();
    expect(await result).toMatchObject({ ok: true });
    expect(await closed).toBe(true);
    expect((second.got[0] as RunEvent).job.name).toBe('j');
  });

  it('wants a transport', () => {
    expect(() => new CompositeTransport({ transports: [] })).toThrow('at least one transport');
  });
});
