/**
 * Thirty days of an estate in which sources fail, runs fail and are run again, old partitions are loaded, word comes late and the clocks
 * go forward: who is told, what is triggered, and whether each decision says why. What went wrong is known to the test, so that
 * it can tell a cause from what follows of it. `HEADWATER_DOMAINS=40` is two thousand tables.
 */
import { expect, it } from 'vitest';
import { explainDecision } from '#rules';
import { DOMAIN, datasetIdOf, type Table } from '../estate/estate.ts';
import { DAY, FIRST_DAY } from '../estate/estate-events.ts';
import { type Played, simulate } from '../estate/simulate.ts';
import { randomFrom } from './random.ts';

const DOMAINS = Number(process.env.HEADWATER_DOMAINS ?? 3);
/** What share is folded is a figure of what went wrong: by default always the same goes wrong. */
const SEED = Number(process.env.HEADWATER_SEED ?? 13);
const DAYS = 30;

it(`${DOMAINS * DOMAIN} tables over ${DAYS} days`, { timeout: 3_000_000 }, async () => {
  const played = await simulate(DOMAINS, DAYS, randomFrom(SEED));
  const { decisions, changes, loops, openIncidents } = played;
  const when = `HEADWATER_SEED=${SEED}`;

  const late = decisions.filter(({ rule }) => rule === 'late');
  const own = late.filter((one) => isInTrouble(played, tablesOf(played, one.subject), one.at));
  const following = late.filter((one) => !own.includes(one));
  const unexplained = following.filter((one) => !isInTrouble(played, aboveOf(played, one.subject), one.at));
  expect(
    unexplained.map(({ text }) => text),
    `${when}: told of what nobody did wrong`,
  ).toEqual([]);
  const told = following.filter(({ verdict }) => verdict === 'FIRED');
  const folded = following.filter(({ guard }) => guard === 'FOLDED');
  expect(following.length, when).toBeGreaterThan(DOMAINS * 5);
  expect(
    folded.length / following.length,
    `${when}: folded\n${told.map(({ text }) => text).join('\n')}`,
  ).toBeGreaterThanOrEqual(0.95);

  expect(loops, `${when}: triggers that led back to themselves`).toEqual([]);
  const held = decisions.filter(({ guard }) => guard === 'LOOP');
  expect(
    held.every(({ subject }) => subject.includes(':ring.')),
    `${when}: taken for a loop`,
  ).toBe(true);
  expect(held.length, `${when}: loops held`).toBeGreaterThanOrEqual(DAYS - 3);

  const started = decisions.filter(({ rule, verdict }) => rule === 'refresh' && verdict === 'FIRED');
  expect(new Set(started.map(({ job, version }) => `${job} ${version}`)).size, `${when}: started twice`).toBe(
    started.length,
  );

  for (const decision of decisions) {
    const { rule, verdict, guard, conditions, actions, text } = decision;
    expect(text, when).toContain(rule);
    expect(explainDecision(decision, null).text, when).toContain(text);
    if (verdict === 'FIRED') expect(actions.length, text).toBeGreaterThan(0);
    if (verdict === 'SUPPRESSED') expect(guard, text).not.toBeNull();
    if (verdict === 'NOT_MET')
      expect(
        conditions.some(({ met }) => !met),
        text,
      ).toBe(true);
  }
  expect(openIncidents, `${when}: all is well in the end`).toBe(0);

  const alerts = decisions.filter(({ rule, verdict }) => rule !== 'refresh' && verdict === 'FIRED').length;
  const refresh = decisions.filter(({ rule }) => rule === 'refresh');
  const figures = {
    tables: played.tables.length,
    events: played.events,
    troubles: played.troubles.length,
    decisions: decisions.length,
    alerts,
    'alerts, one for each late table and failed run':
      (changes.get('freshness.failed') ?? 0) + (changes.get('run.failed') ?? 0),
    'downstream, folded': `${folded.length} of ${following.length}`,
    triggers: refresh.filter(({ verdict }) => verdict === 'FIRED').length,
    'triggers, one for each update of an input': refresh.length,
    'loops held': held.length,
  };
  console.info(`estate: ${JSON.stringify(figures)}`);
});

const tablesOf = ({ tables }: Played, dataset: string): readonly Table[] =>
  tables.filter((table) => datasetIdOf(table) === dataset);

/** All that the dataset is made of. */
function aboveOf(played: Played, dataset: string): readonly Table[] {
  const found = new Set(tablesOf(played, dataset).flatMap(({ inputs }) => inputs));
  // A set goes on with what is added while it is walked.
  for (const table of found) for (const input of table.inputs) found.add(input);
  return [...found];
}

/** On that day or the two before: what isn't built one night is late the next morning. */
function isInTrouble({ troubles }: Played, tables: readonly Table[], at: number): boolean {
  const today = Math.floor((at - FIRST_DAY) / DAY);
  return troubles.some(({ table, day }) => day <= today && day >= today - 2 && tables.includes(table));
}
