/**
 * What people ask of a process that has no file of the graph: a worker says it for them. Once: the answer is written in the
 * transaction of the commit, and what was taken back can't be committed.
 */
import { randomUUID } from 'node:crypto';
import type { Said, SaidStep } from '../graph-step.ts';
import type { Neo4jDatabase, Statements } from './neo4j-database.ts';
import { ANSWER_STEP, ASK_STEP, DELETE_ASKED, READ_ANSWER, READ_ASKED, TAKE_BACK } from './queries/asked-queries.ts';

/** As long as somebody at a screen waits. Workers look twice a second. */
const WAIT_MS = 15_000;
const LOOK_MS = 100;
/** That are read at once. */
const FIRST = 100;

/** Nobody was there to say it; nothing was changed. */
export class NoWorker extends Error {
  override readonly name = 'NoWorker';
}

/** A worker was at it and could not do it, nor would another try help. Nothing was changed. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

/** It was taken back before it was committed, or another has done it. */
export class TakenBack extends Error {
  override readonly name = 'TakenBack';
}

export interface AskedStep {
  readonly id: string;
  readonly step: SaidStep;
}

export class AskedSteps {
  readonly #database: Neo4jDatabase;
  readonly #waitMs: number;

  constructor(database: Neo4jDatabase, waitMs: number = WAIT_MS) {
    this.#database = database;
    this.#waitMs = waitMs;
  }

  /** @throws NoWorker, StepFailed */
  async ask(step: SaidStep): Promise<Said> {
    const id = randomUUID();
    const asked = performance.now();
    await this.#database.write((statements) =>
      statements.run(ASK_STEP, { id, step: JSON.stringify(step), ms: this.#waitMs }),
    );
    let answer: unknown = null;
    while (answer === null && performance.now() - asked < this.#waitMs) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      const [row] = await this.#database.read((statements) => statements.run(READ_ANSWER, { id }));
      answer = row?.['answer'] ?? null;
    }
    const [row] = await this.#database.write((statements) => statements.run(TAKE_BACK, { id }));
    // The driver may have taken it back twice: then it is gone, and what was read before holds.
    answer ??= row?.['answer'] ?? null;
    if (typeof answer === 'string') return saidIn(JSON.parse(answer) as Said | Failure);
    throw new NoWorker(
      `no worker took this up within ${Math.round(this.#waitMs / 1000)} s: see that one runs and applies events, and ask again`,
    );
  }

  async open(): Promise<readonly AskedStep[]> {
    const rows = await this.#database.read((statements) => statements.run(READ_ASKED, { first: FIRST }));
    return rows.map(({ id, step }) => ({ id: String(id), step: JSON.parse(String(step)) as SaidStep }));
  }

  /** Where it changed nothing: there is no commit to write it with. */
  async answer(id: string, said: Said): Promise<void> {
    await this.#database.write((statements) => statements.run(ANSWER_STEP, { id, answer: JSON.stringify(said) }));
  }

  /** It can't be done: who asked hears why at once, and what others asked goes on. */
  async fail(id: string, why: string): Promise<void> {
    const failure: Failure = { failed: why };
    await this.#database.write((statements) => statements.run(ANSWER_STEP, { id, answer: JSON.stringify(failure) }));
  }

  /** Those that nobody waits for since an hour. */
  async forget(): Promise<void> {
    await this.#database.write((statements) => statements.run(DELETE_ASKED));
  }
}

interface Failure {
  readonly failed: string;
}

function saidIn(answer: Said | Failure): Said {
  if ('failed' in answer) throw new StepFailed(answer.failed);
  return answer;
}

/** Within the commit that does it. @throws TakenBack: then nothing of it may be committed */
export async function answerWithin(statements: Statements, id: string, said: Said): Promise<void> {
  const [answered] = await statements.run(ANSWER_STEP, { id, answer: JSON.stringify(said) });
  if (answered === undefined) throw new TakenBack(`the step ${id} is no longer asked for`);
}
