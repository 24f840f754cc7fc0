import { expect, it } from 'vitest';
import { upgradeSchema } from './event-log-schema.ts';
import { type EventTimePlace, EventTimes, placeBefore } from './event-times.ts';
import { type Database, openDatabase } from './open-database.ts';

async function eventsAt(times: readonly number[]): Promise<Database> {
  const db = await openDatabase(':memory:');
  upgradeSchema(db, ':memory:');
  const insert = db.prepare(
    'INSERT INTO event (hash, received_at, block, offset, length, event_time, event_type) VALUES (?, 0, 1, 0, 0, ?, 0)',
  );
  for (const [i, time] of times.entries()) insert.run(Buffer.from([i]), time);
  return db;
}

function counted(index: EventTimes, after: number | null, before: number | null): number[] {
  const steps: number[] = [];
  for (let place: EventTimePlace | null = placeBefore(after); place !== null; ) {
    const step = index.count(place, before);
    steps.push(step.events);
    place = step.next;
  }
  return steps;
}

it('counts in steps, also among events of one time, each once', async () => {
  const db = await eventsAt([5, 1, 1, 1, 1, 1, 7, 3]);
  const index = new EventTimes(db, 'x', 3);
  expect(counted(index, null, null)).toEqual([3, 3, 2]);
  expect(counted(index, 1, 5)).toEqual([3, 3, 0]);
  expect(counted(index, 2, 7)).toEqual([2]);
  expect(counted(index, 8, null)).toEqual([0]);
  db.close();
});

it('asks by the index, and counts without touching an event', async () => {
  const db = await eventsAt([]);
  const plans: string[] = [];
  const explaining = new Proxy(db, {
    get: (target, name) =>
      name === 'prepare'
        ? (sql: string) => {
            const rows = target.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { readonly detail: string }[];
            plans.push(...rows.map(({ detail }) => detail));
            return target.prepare(sql);
          }
        : Reflect.get(target, name),
  });
  new EventTimes(explaining, 'x');
  expect(plans).toEqual([
    'SEARCH event USING INDEX event_by_time (event_time>? AND event_time<?)',
    'SEARCH event USING INDEX event_by_time (event_time>? AND event_time<?)',
    'SEARCH event USING COVERING INDEX event_by_time (event_time>? AND event_time<?)',
    'SEARCH event USING COVERING INDEX event_by_time (event_time>? AND event_time<?)',
    'SEARCH event USING COVERING INDEX event_by_time (event_time>? AND event_time<?)',
    'SEARCH event USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)',
  ]);
  db.close();
});
