/** The compose file and the Dockerfile, as far as they can be checked where no Docker is. `test/servers/compose.test.ts` runs what they start. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT, read } from './repository.ts';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: object;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: object;
}

const compose = (): Compose => parse(read('docker-compose.yml'), { merge: true }) as Compose;
const isOfTheSpecification = new Ajv2020({ strict: false, validateFormats: false }).compile(
  JSON.parse(read('test/fixtures/compose-spec.json')),
);

describe('docker-compose.yml', () => {
  it('is what the Compose Specification’s schema allows', () => {
    expect(isOfTheSpecification(compose()), JSON.stringify(isOfTheSpecification.errors)).toBe(true);
    // The schema sees a word that is none.
    const { services } = compose();
    expect(isOfTheSpecification({ services: { ...services, api: { ...services['api'], comand: 'x' } } })).toBe(false);
  });

  it('has one api, two workers, Neo4j and Redis, each with a health check', () => {
    const { services } = compose();
    const checked = Object.entries(services).flatMap(([name, { healthcheck }]) => (healthcheck ? [name] : []));
    expect(checked.sort()).toEqual(['api', 'neo4j', 'redis', 'worker-1', 'worker-2']);
    const roles = Object.values(services).flatMap(({ environment }) => environment?.['HEADWATER_ROLE'] ?? []);
    expect(roles.sort()).toEqual(['api', 'worker', 'worker']);
  });

  it('waits for services that there are, and mounts volumes that there are, none of them twice to be written', () => {
    const { services, volumes } = compose();
    for (const { depends_on = {} } of Object.values(services))
      for (const name of Object.keys(depends_on)) expect(services).toHaveProperty([name]);
    const mounted = Object.values(services).flatMap(({ volumes: own = [] }) => own);
    expect([...new Set(mounted.map((volume) => volume.split(':')[0]))].sort()).toEqual(Object.keys(volumes).sort());
    const written = mounted.filter((volume) => !volume.endsWith(':ro')).map((volume) => volume.split(':')[0]);
    expect(new Set(written).size).toBe(written.length);
  });

  it('says no password, and shows no port to other machines', () => {
    for (const { environment = {}, ports = [] } of Object.values(compose().services)) {
      for (const [name, value] of Object.entries(environment))
        if (/pass|auth|key|secret|token/i.test(name)) expect(value).toMatch(/^\/secrets/);
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
    expect(Object.values(compose().services).flatMap(({ ports = [] }) => ports)).toHaveLength(1);
  });
});

describe('Dockerfile', () => {
  const stages = read('Dockerfile')
    .split(/^FROM /m)
    .slice(1)
    .map((stage) => stage.split('\n').filter((line) => line !== '' && !line.startsWith('#')));

  it('builds in one stage and runs in another, as a user without rights', () => {
    expect(stages).toHaveLength(2);
    const users = stages.at(-1)?.filter((line) => line.startsWith('USER '));
    expect(users).toEqual(['USER node']);
  });

  it('copies what is there, and what .dockerignore lets in', () => {
    const letIn = read('.dockerignore')
      .split('\n')
      .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    const copied = stages.flat().flatMap((line) => {
      const [word, ...paths] = line.split(/\s+/);
      return word === 'COPY' && !line.includes('--from') ? paths.slice(0, -1) : [];
    });
    expect(copied.length).toBeGreaterThan(8);
    for (const path of copied) expect(existsSync(join(ROOT, path)), path).toBe(true);
    expect([...new Set(copied)].filter((path) => !letIn.includes(path))).toEqual([]);
  });
});
