/** An outage makes ten thousand tables late in one instant: each is decided once, and people are not told ten thousand times. */
import { expect, it } from 'vitest';
import { LOCAL_VIEWER } from '#lineage';
import { openReactingHub } from '../rules/reacting-hub.ts';
import { HOUR, T0 } from '../rules/rule-world.ts';

const TABLES = Number(process.env.HEADWATER_TABLES ?? 10_000);
const RULES = `
webhooks: { people: { url: "https://people.example.com/hook", secret: "\${env:SECRET}" } }
rules:
  - { name: late, on: freshness.failed, then: [ { webhook: people } ] }
`;

const dataset = (name: string): object => ({
  eventTime: new Date(T0).toISOString(),
  producer: 'https://example.com/storm',
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent',
  dataset: {
    namespace: 'postgres://db:5432',
    name,
    facets: {
      headwater_freshness: {
        _producer: 'https://example.com/storm',
        _schemaURL: 'https://example.com/facet.json',
        watermark: new Date(T0).toISOString(),
        maxAge: { fail: '1h' },
      },
    },
  },
});

it(`${TABLES} tables without a common cause are late at once`, async () => {
  const hub = await openReactingHub(RULES, T0);
  try {
    for (let n = 0; n < TABLES; n += 500) {
      const events = Array.from({ length: 500 }, (_, i) => dataset(`shop.table_${n + i}`));
      await Promise.all(events.map((event) => hub.pipeline.accept(Buffer.from(JSON.stringify(event)), LOCAL_VIEWER)));
    }
    await hub.send();
    const begun = performance.now();
    await hub.moveTo(T0 + HOUR);
    const ms = performance.now() - begun;
    const decided = await hub.decided();
    expect(new Set(decided.map(({ subject }) => subject)).size).toBe(TABLES);
    expect(decided).toHaveLength(TABLES);
    expect(decided.filter(({ verdict }) => verdict === 'FIRED')).toHaveLength(60);
    expect(decided.filter(({ guard }) => guard === 'BRAKE')).toHaveLength(TABLES - 60);
    expect(await hub.deliveries()).toHaveLength(60);
    // Nothing is lost sight of: each is an incident that people can look at.
    expect(await hub.incidents()).toHaveLength(TABLES);
    console.info(`storm: ${TABLES} breaches found and decided in ${Math.round(ms)} ms`);
  } finally {
    await hub.close();
  }
});
