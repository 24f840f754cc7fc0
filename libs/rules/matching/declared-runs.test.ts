import { expect, it } from 'vitest';
import { loadRules } from '../language/load-rules.ts';
import { declaredRuns } from './declared-runs.ts';

it('what rules expect is by the jobs that they name; of several the shortest time and the first cron count', () => {
  const text = `
rules:
  - { name: a, on: run.missing, job: { namespace: etl, name: load }, expect: { cron: "0 8 * * *", timezone: Europe/Paris, grace: 30m }, then: [ { tag: { add: late } } ] }
  - { name: b, on: [run.slow, run.missing], job: "job:etl:load", expect: { within: 2h, cron: "0 9 * * *", grace: 10m }, then: [ { tag: { add: late } } ] }
  - { name: c, on: run.slow, expect: { within: 1m }, then: [ { tag: { add: slow } } ] }
  - { name: d, on: run.slow, job: "job:etl:other", then: [ { tag: { add: slow } } ] }
`;
  const loaded = loadRules([{ file: 'rules.yml', text }]);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  expect([...declaredRuns(loaded.set.rules)]).toEqual([
    ['job:etl:load', { cron: '0 8 * * *', timezone: 'Europe/Paris', grace: 600_000, within: 7_200_000 }],
  ]);
});
