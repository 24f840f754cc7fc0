/** Reads of a hub, each held against what its own OpenAPI document says of it. */
import { expect } from 'vitest';
import type { RawAnswer, TestHub } from '../harness.ts';
import { DescribedAnswers } from './described-answers.ts';

type Json = Readonly<Record<string, unknown>>;

export class DescribedReads {
  readonly #hub: TestHub;
  readonly #described: DescribedAnswers;
  readonly #position: string;

  private constructor(hub: TestHub, described: DescribedAnswers, position: string) {
    this.#hub = hub;
    this.#described = described;
    this.#position = position;
  }

  /** @param position of the last event that each answer has to know */
  static async of(hub: TestHub, position: string): Promise<DescribedReads> {
    const { json } = await hub.ask({ path: '/api/v1/openapi.json' });
    return new DescribedReads(hub, new DescribedAnswers(json), position);
  }

  /** @param path below `/api/v1` */
  async get(path: string): Promise<RawAnswer> {
    const answer = await this.#hub.ask({ path: `/api/v1${path}`, headers: { 'headwater-after': this.#position } });
    expect(this.#described.faults('get', `/api/v1${path}`, answer)).toEqual([]);
    return answer;
  }

  /** The body of a 200, which is always JSON. */
  async ok(path: string): Promise<unknown> {
    const { status, headers, json, body } = await this.get(path);
    expect({ status, type: headers['content-type'], body }).toMatchObject({
      status: 200,
      type: expect.stringMatching(/^application\/json/),
    });
    return json;
  }

  async list(path: string, key: string): Promise<Json[]> {
    return ((await this.ok(path)) as Readonly<Record<string, Json[]>>)[key] ?? [];
  }
}
