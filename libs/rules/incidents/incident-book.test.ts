import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Breach } from './breach.ts';
import type { IncidentCommand } from './incident.ts';
import { IncidentBook, nextIncidentDeadline, SETTLING } from './incident-book.ts';

const FAILED = 'freshness.failed';
const RECOVERED = 'freshness.recovered';

type Written = Partial<Omit<Breach, 'waitsUntil'>> & { readonly subject: string };

const breachOf = (written: Written): Omit<Breach, 'waitsUntil'> => ({
  rule: 'late',
  kind: FAILED,
  since: 0,
  at: 0,
  cause: null,
  incident: `incident:${written.rule ?? 'late'}:${written.subject}`,
  ...written,
});

/** A book in someone's hands, with what it told. */
class Hands {
  readonly book = new IncidentBook();
  readonly told: string[] = [];

  breach(written: Written): this {
    this.book.breached(breachOf(written));
    return this.#hear();
  }

  recover(subject: string, at: number, kind = RECOVERED): this {
    this.book.recovered(subject, kind, at);
    return this.#hear();
  }

  pass(at: number): readonly string[] {
    const due = this.book.elapsed(at);
    this.#hear();
    return due.map(({ subject }) => subject);
  }

  #hear(): this {
    this.told.push(...this.book.told().map(({ did, incident }) => `${did} ${incident.subject}`));
    return this;
  }
}

const deadline = ({ breaches, incidents }: IncidentBook): number | null =>
  nextIncidentDeadline(breaches.values(), incidents.values());
const open = (hands: Hands): string[] => [...hands.book.incidents.values()].map(({ subject }) => subject).sort();
const folded = (hands: Hands, subject: string): string[] =>
  (hands.book.incidentOf('late', subject)?.folded ?? []).map(
    (one) => `${one.subject}${one.recoveredAt === null ? '' : ' (recovered)'}`,
  );

describe('incidents', () => {
  it('twelve late tables and their late source are one', () => {
    const hands = new Hands().breach({ subject: 'raw' });
    for (let i = 0; i < 12; i++) hands.breach({ subject: `mart_${i}`, cause: 'raw', at: i });
    expect(open(hands)).toEqual(['raw']);
    expect(folded(hands, 'raw')).toHaveLength(12);
    expect(hands.told.filter((told) => told.startsWith('opened'))).toEqual(['opened raw']);
    for (let i = 0; i < 12; i++) hands.recover(`mart_${i}`, 100 + i);
    hands.recover('raw', 200);
    expect(open(hands)).toEqual([]);
    expect(hands.told.at(-1)).toBe('resolved raw');
    expect(deadline(hands.book)).toBeNull();
  });

  it('what was late first is folded when its cause is found late', () => {
    const hands = new Hands().breach({ subject: 'mart', cause: 'raw' }).breach({ subject: 'report', cause: 'mart' });
    expect(open(hands)).toEqual(['mart']);
    hands.breach({ subject: 'raw', at: 5 });
    expect(open(hands)).toEqual(['raw']);
    expect(folded(hands, 'raw')).toEqual(['mart', 'report']);
    expect(hands.told).toEqual(['opened mart', 'changed mart', 'opened raw', 'resolved mart']);
  });

  it('what does not recover after its cause did is decided anew, and only that', () => {
    const hands = new Hands()
      .breach({ subject: 'raw' })
      .breach({ subject: 'staging', cause: 'raw' })
      .breach({ subject: 'mart', cause: 'raw' })
      .breach({ subject: 'report', cause: 'mart' })
      .recover('raw', 10);
    expect(open(hands)).toEqual([]);
    expect(deadline(hands.book)).toBe(10 + SETTLING);
    hands.recover('staging', 20);
    expect(hands.pass(9 + SETTLING)).toEqual([]);
    expect(hands.pass(10 + SETTLING)).toEqual(['mart']);
    hands.breach({ subject: 'mart', at: 10 + SETTLING, incident: 'incident:again' });
    expect(open(hands)).toEqual(['mart']);
    expect(folded(hands, 'mart')).toEqual(['report']);
  });

  it('an incident that is over tells whom it hit, though they recover after their cause', () => {
    const hands = new Hands().breach({ subject: 'raw' });
    for (const subject of ['mart', 'report', 'staging']) hands.breach({ subject, cause: 'raw' });
    hands.book.recovered('staging', RECOVERED, 5);
    hands.book.recovered('raw', RECOVERED, 10);
    const over = hands.book.told().find(({ did }) => did === 'resolved')?.incident;
    expect(over?.folded.map(({ subject, recoveredAt }) => [subject, recoveredAt])).toEqual([
      ['mart', null],
      ['report', null],
      ['staging', 5],
    ]);
    expect(over?.timeline.filter(({ did }) => did === 'unfolded')).toEqual([]);
  });

  it('a cause that fails again takes back what still waits', () => {
    const hands = new Hands().breach({ subject: 'raw' }).breach({ subject: 'mart', cause: 'raw' }).recover('raw', 10);
    hands.breach({ subject: 'raw', at: 20, incident: 'incident:second' });
    expect(folded(hands, 'raw')).toEqual(['mart']);
    hands.recover('raw', 30).recover('mart', 40);
    expect(hands.pass(50 + SETTLING)).toEqual([]);
    expect(hands.book.breaches.size).toBe(0);
  });

  it('a breach that goes on opens nothing, and may get worse', () => {
    const hands = new Hands().breach({ subject: 'a', kind: 'freshness.warned' }).breach({ subject: 'a', at: 5 });
    expect(hands.told).toEqual(['opened a', 'changed a']);
    expect(hands.book.incidentOf('late', 'a')).toMatchObject({ kind: FAILED, openedAt: 0 });
  });

  it('other kinds and other subjects end nothing', () => {
    const hands = new Hands().breach({ subject: 'a' }).recover('a', 1, 'job.recovered').recover('b', 2);
    expect(open(hands)).toEqual(['a']);
  });

  it('a cycle of causes is one incident, whoever begins', () => {
    for (const order of [
      ['a', 'b', 'c'],
      ['c', 'b', 'a'],
    ]) {
      const hands = new Hands();
      for (const subject of order) hands.breach({ subject, cause: { a: 'c', b: 'a', c: 'b' }[subject] ?? null });
      expect(open(hands)).toEqual(['a']);
      expect(folded(hands, 'a')).toEqual(['b', 'c']);
    }
  });

  it('names the incident that explains a cause', () => {
    const hands = new Hands().breach({ subject: 'raw' }).breach({ subject: 'mart', cause: 'raw' });
    expect(hands.book.incidentExplaining('mart', 'late')?.subject).toBe('raw');
    expect(hands.book.incidentExplaining('other', 'late')).toBeNull();
    hands.recover('raw', 1);
    expect(hands.book.incidentExplaining('mart', 'late')).toBeNull();
    expect(open(hands.breach({ subject: 'report', cause: 'mart', at: 2 }))).toEqual(['report']);
  });
});

describe('an outage', () => {
  const COUNT = 10_000;

  it('that makes ten thousand tables late costs ten thousand times one, folded or not', () => {
    const book = new IncidentBook();
    for (let i = 0; i < COUNT; i++) {
      book.breached(breachOf({ subject: `alone_${i}` }));
      book.breached(breachOf({ subject: `mart_${i}`, cause: i === 0 ? null : 'mart_0' }));
    }
    const told = book.told();
    expect(told).toHaveLength(COUNT + 1);
    expect(told.find(({ incident }) => incident.subject === 'mart_0')?.incident.folded).toHaveLength(COUNT - 1);
    for (let i = COUNT - 1; i >= 0; i--) {
      book.recovered(`alone_${i}`, RECOVERED, 9);
      book.recovered(`mart_${i}`, RECOVERED, 9);
    }
    expect(
      book
        .told()
        .at(-1)
        ?.incident.folded.filter(({ recoveredAt }) => recoveredAt === 9),
    ).toHaveLength(COUNT - 1);
    expect(book.breaches.size + book.incidents.size).toBe(0);
  });
});

describe('people', () => {
  const act = ({ book }: Hands, command: IncidentCommand, at = 1): string | null => {
    const refused = book.handled('incident:late:raw', command, 'ann', at);
    book.told();
    return refused;
  };

  it('acknowledge, assign, snooze and resolve, and the timeline tells who did what', () => {
    const hands = new Hands().breach({ subject: 'raw' });
    expect(act(hands, { do: 'acknowledge', note: 'looking' }, 1)).toBeNull();
    expect(act(hands, { do: 'assign', to: 'bob' }, 2)).toBeNull();
    expect(act(hands, { do: 'snooze', until: 50 }, 3)).toBeNull();
    expect(hands.book.incidentOf('late', 'raw')).toMatchObject({
      state: 'SNOOZED',
      assignee: 'bob',
      snoozedUntil: 50,
    });
    expect(deadline(hands.book)).toBe(50);
    hands.pass(50);
    expect(hands.book.incidentOf('late', 'raw')?.state).toBe('OPEN');
    hands.recover('raw', 60);
    expect(hands.told).toEqual(['opened raw', 'changed raw', 'resolved raw']);
  });

  it('resolve once, with a reason; the next breach is a new incident', () => {
    const hands = new Hands().breach({ subject: 'raw' }).breach({ subject: 'mart', cause: 'raw' });
    expect(act(hands, { do: 'resolve', reason: ' ' })).toBe('reason is empty; say why it is over');
    expect(act(hands, { do: 'resolve', reason: 'known' })).toBeNull();
    expect(act(hands, { do: 'acknowledge', note: null })).toContain('is resolved already');
    expect(hands.book.incidentOf('late', 'raw')).toBeNull();
    hands.breach({ subject: 'raw', at: 9, incident: 'incident:new' });
    expect(hands.book.incidentOf('late', 'raw')).toMatchObject({ id: 'incident:new', openedAt: 9 });
    expect(folded(hands, 'raw')).toEqual(['mart']);
  });

  it('can’t do what makes no sense', () => {
    const hands = new Hands().breach({ subject: 'raw' });
    expect(act(hands, { do: 'snooze', until: 1 }, 1)).toBe('until is past; name a time to come');
    expect(act(hands, { do: 'assign', to: '' })).toBe('to is empty; name a person');
    expect(hands.book.handled('incident:none', { do: 'acknowledge', note: null }, 'ann', 1)).toBe(
      'there is no open incident incident:none',
    );
  });
});

describe('laws', () => {
  const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
  /** Causes of any shape, cycles among them; a few subjects by two rules. */
  const breaches = fc
    .uniqueArray(
      fc.record({
        subject: fc.constantFrom(...NAMES),
        rule: fc.constantFrom('late', 'later'),
        cause: fc.option(fc.constantFrom(...NAMES), { nil: null }),
      }),
      { selector: ({ subject, rule }) => `${rule} ${subject}`, maxLength: 8 },
    )
    .map((all) => all.map((one) => (one.cause === one.subject ? { ...one, cause: null } : one)));

  const shown = ({ book }: Hands): unknown => ({
    breaches: [...book.breaches].sort(([a], [b]) => (a < b ? -1 : 1)),
    incidents: [...book.incidents].sort(([a], [b]) => (a < b ? -1 : 1)),
  });

  it('breaches of one time make one state, in whatever order they come', () => {
    const both = breaches.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(both, ([all, shuffled]) => {
        const [first, second] = [all, shuffled].map((order) => {
          const hands = new Hands();
          for (const breach of order) hands.breach({ ...breach, at: 7 });
          return shown(hands);
        });
        expect(first).toEqual(second);
      }),
      { numRuns: 300 },
    );
  });

  it('each breach that holds is in one open incident, or waits; none is opened while it is open, or changed while it isn’t', () => {
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant('breach' as const),
          subject: fc.constantFrom(...NAMES),
          cause: fc.option(fc.constantFrom(...NAMES), { nil: null }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('recover' as const), subject: fc.constantFrom(...NAMES) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const book = new IncidentBook();
        const states = new Map<string, string>();
        steps.forEach((one, i) => {
          const at = i * (SETTLING / 3);
          if (one.do === 'breach') book.breached(breachOf({ ...one, at, incident: `incident:${i}` }));
          else if (one.do === 'recover') book.recovered(one.subject, RECOVERED, at);
          else book.elapsed(at);
          for (const { did, incident } of book.told()) {
            const before = states.get(incident.id);
            expect(did === 'opened' ? before !== 'OPEN' : before === 'OPEN').toBe(true);
            states.set(incident.id, incident.state);
          }
          const members = [...book.incidents.values()].flatMap(({ subject, folded: inside }) => [
            subject,
            ...inside.filter(({ recoveredAt }) => recoveredAt === null).map((breach) => breach.subject),
          ]);
          expect(new Set(members).size).toBe(members.length);
          for (const { subject } of book.breaches.values())
            if (!members.includes(subject)) expect(deadline(book)).not.toBeNull();
          for (const subject of members) expect(book.breaches.has(JSON.stringify(['late', subject]))).toBe(true);
        });
        for (const name of NAMES) book.recovered(name, RECOVERED, 1e12);
        expect(book.incidents.size + book.breaches.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
