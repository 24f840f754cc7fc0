import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../config/load-settings.ts';
import { createHttpApp } from '../http/http-server.ts';
import type { HubParts } from '../hub-parts.ts';
import { OPEN_ACCESS } from '../keys/access.ts';
import { ROUTE_PLUGINS } from '../route-plugins.ts';
import { openApiDocument } from './openapi-document.ts';

/** `/jobs/:job` → `/jobs/{job}`. */
const asPath = (url: string) => url.replace(/:(\w+)/g, '{$1}');

async function registeredRoutes(): Promise<string[]> {
  const { settings } = loadSettings({ flags: {}, env: {}, cwd: mkdtempSync(`${tmpdir()}/headwater-openapi-`) });
  const never = new Proxy({}, { get: () => () => undefined });
  const parts = {
    settings,
    log: never,
    store: never,
    pipeline: never,
    clock: { now: () => 0 },
    access: OPEN_ACCESS,
    logger: pino({ level: 'silent' }),
    version: '1',
    keeping: { store: '', queue: '', durability: '' },
  } as unknown as HubParts;
  const { app, routes } = await createHttpApp(parts, ROUTE_PLUGINS);
  await app.close();
  return routes
    .filter(({ method }) => method !== 'HEAD' && method !== 'OPTIONS')
    .map(({ method, url }) => `${method} ${asPath(url)}`);
}

interface Document {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<Record<string, { readonly parameters?: readonly { readonly name: string; readonly in: string }[] }>>
    >
  >;
}

describe('the OpenAPI document', () => {
  const document = openApiDocument('1.0.0', '') as Document;

  it('describes the routes that exist, and no other', async () => {
    const described = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.sort()).toEqual([...new Set(await registeredRoutes())].sort());
  });

  it('declares each parameter that a path has', () => {
    for (const [path, item] of Object.entries(document.paths)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      for (const operation of Object.values(item)) {
        const declared = (operation.parameters ?? [])
          .filter((parameter) => parameter.in === 'path')
          .map((parameter) => parameter.name);
        expect(declared, path).toEqual(named);
      }
    }
  });

  it('has no reference that leads nowhere', () => {
    const text = JSON.stringify(document);
    for (const [, pointer] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      let at: unknown = document;
      for (const part of (pointer ?? '').split('/'))
        at = typeof at === 'object' && at !== null ? Reflect.get(at, part) : undefined;
      expect(at, pointer).toBeDefined();
    }
  });

  it('names the base path', () => {
    expect(openApiDocument('1', '/hub')).toMatchObject({ openapi: '3.1.0', servers: [{ url: '/hub' }] });
  });
});
