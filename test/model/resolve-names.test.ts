/** DROP, RENAME and symlinks: what names mean. */
import { describe, expect, it } from 'vitest';
import { datasetEvent, jobEvent, run } from './delta-builder.ts';
import { columnEdgesOf, deadOf, edgesOf, linesOf, nodesOf } from './describe-graph.ts';

const reads = (at: number, name: string, runId = `r${at}`) => run(at, 'COMPLETE', runId, { reads: name });

describe('DROP', () => {
  it('drop and create each night: the reader is cut, and holds again without running again', () => {
    const events = [
      reads(1, 'x'),
      run(10, 'COMPLETE', 'd', { job: 'ddl', marks: 'DROP x' }),
      run(20, 'COMPLETE', 'c', { job: 'ddl', marks: 'CREATE x' }),
    ];
    expect(edgesOf(events)).toEqual({ 'READS x j': '[1,10) [20,∞)' });
    expect(deadOf(events)).toEqual({ x: '[10,20)' });
  });

  it('dropped at the end: nothing current, lifecycle DROPPED', () => {
    const events = [reads(1, 'x'), run(10, 'COMPLETE', 'd', { job: 'ddl', marks: 'DROP x' })];
    expect(edgesOf(events)).toEqual({ 'READS x j': '[1,10)' });
    expect(linesOf(events, 'dataset')).toMatchObject([{ lifecycle: 'DROPPED' }]);
  });

  it.each([
    ['a mark', run(20, 'COMPLETE', 'c', { job: 'k', marks: 'TRUNCATE x' })],
    ['a DatasetEvent', datasetEvent(20, 'x')],
    ['a first mention by a run that fails', run(20, 'FAIL', 'c', { job: 'k', reads: 'x' })],
    ['a mention that may', run(20, 'START', 'c', { job: 'k', mayWrite: 'x' })],
    ['a symlinked name', datasetEvent(20, 'y', { symlinks: 'y: x' })],
  ])('a use ends it: %s', (_, use) => {
    const drop = run(10, 'COMPLETE', 'd', { job: 'ddl', marks: 'DROP x' });
    expect(edgesOf([reads(1, 'x'), drop, use])).toMatchObject(
      use.symlinks.length > 0 ? { 'READS y j': '[1,10) [20,∞)' } : { 'READS x j': '[1,10) [20,∞)' },
    );
  });

  it('`done` of a run that wrote it is a use, its COMPLETE need not name it', () => {
    const events = [
      run(5, 'START', 'w', { job: 'k', writes: 'x' }),
      run(10, 'COMPLETE', 'd', { job: 'ddl', marks: 'DROP x' }),
      run(20, 'COMPLETE', 'w', { job: 'k' }),
    ];
    expect(edgesOf(events)).toEqual({ 'WRITES k x': '[5,10) [20,∞)' });
  });

  it('`done` of a run that only read it, and its later mentions, are none', () => {
    const events = [
      run(5, 'START', 'w', { reads: 'x' }),
      run(10, 'COMPLETE', 'd', { job: 'ddl', marks: 'DROP x' }),
      run(15, 'RUNNING', 'w', { reads: 'x' }),
      run(20, 'COMPLETE', 'w', { reads: 'x' }),
    ];
    expect(edgesOf(events)).toEqual({ 'READS x j': '[5,10)' });
  });

  it('JobEvents and column edges are no use', () => {
    const events = [
      reads(1, 'x'),
      run(10, 'COMPLETE', 'd', { job: 'ddl', marks: 'DROP x' }),
      jobEvent(20, { job: 'k', reads: 'x' }),
      run(30, 'COMPLETE', 'c', { job: 'l', columns: 'x.f>y.f' }),
    ];
    expect(deadOf(events)).toEqual({ x: '[10,∞)' });
    expect(edgesOf(events)).toEqual({ 'READS x j': '[1,10)' });
  });

  it('same instant: use wins', () => {
    const events = [
      reads(1, 'x'),
      run(10, 'COMPLETE', 'd', { job: 'ddl', marks: 'DROP x' }),
      run(10, 'COMPLETE', 'c', { job: 'other', marks: 'CREATE x' }),
    ];
    expect(edgesOf(events)).toEqual({ 'READS x j': '[1,∞)' });
  });

  it('a run that drops what it names: its own mention and `done` are no use', () => {
    const events = [run(0, 'START', 'd', { writes: 'x' }), run(5, 'COMPLETE', 'd', { writes: 'x', marks: 'DROP x' })];
    expect(deadOf(events)).toEqual({ x: '[5,∞)' });
    expect(deadOf([...events, run(9, 'RUNNING', 'd', { marks: 'CREATE x' })])).toEqual({ x: '[5,9)' });
  });

  it('counts from the first COMPLETE, never of an open or failed run, at t elsewhere', () => {
    const start = run(5, 'START', 'd', { marks: 'DROP x' });
    expect(deadOf([start])).toEqual({});
    expect(deadOf([start, run(9, 'COMPLETE', 'd')])).toEqual({ x: '[9,∞)' });
    expect(deadOf([start, run(9, 'FAIL', 'd')])).toEqual({});
    expect(deadOf([run(5, 'COMPLETE', 'd'), run(9, 'OTHER', 'd', { marks: 'DROP x' })])).toEqual({ x: '[9,∞)' });
    expect(deadOf([run(5, 'START', 'd', { processing: 'STREAMING', marks: 'DROP x' })])).toEqual({ x: '[5,∞)' });
    expect(deadOf([datasetEvent(5, 'x', { marks: 'DROP x' })])).toEqual({ x: '[5,∞)' });
    expect(deadOf([jobEvent(5, { marks: 'DROP x' })])).toEqual({ x: '[5,∞)' });
  });

  it('several: dead intervals are united', () => {
    const drop = (at: number) => datasetEvent(at, 'x', { marks: 'DROP x' });
    expect(deadOf([drop(5), drop(9), reads(20, 'x'), drop(30)])).toEqual({ x: '[5,20) [30,∞)' });
  });

  it('TRUNCATE, OVERWRITE, ALTER change no edge', () => {
    const marks = ['TRUNCATE x', 'OVERWRITE x', 'ALTER x'].map((mark, i) => datasetEvent(5 + i, 'x', { marks: mark }));
    expect(edgesOf([reads(1, 'x'), ...marks])).toEqual({ 'READS x j': '[1,∞)' });
  });

  it('cuts columns and feeds too', () => {
    const events = [
      datasetEvent(1, 'x', { feeds: 'a>x' }),
      run(2, 'COMPLETE', 'r', { writes: 'x', columns: 'a.f>x.f' }),
      datasetEvent(10, 'a', { marks: 'DROP a' }),
    ];
    expect(edgesOf(events)).toEqual({ 'FEEDS a x': '[1,10)', 'WRITES j x': '[2,∞)' });
    expect(columnEdgesOf(events)).toEqual({ 'a.f x.f': '[2,10)' });
  });

  it('thinning: of equal uses in one hour the first and the last count', () => {
    const use = (at: number) => datasetEvent(at, 'x', { source: `s${at}` });
    const events = [use(10), datasetEvent(15, 'x', { marks: 'DROP x' }), use(20), use(40)];
    expect(deadOf(events)).toEqual({ x: '[15,40)' });
    expect(deadOf([...events, use(60)])).toEqual({ x: '[15,40)' });
  });
});

describe('RENAME', () => {
  const rename = (at: number, marks: string, runId = `ddl${at}`) => run(at, 'COMPLETE', runId, { job: 'ddl', marks });

  it('a becomes an alias of b, with its whole history', () => {
    const events = [reads(1, 'a'), rename(10, 'RENAME a>b')];
    expect(nodesOf(events)).toEqual({ b: 'a' });
    expect(edgesOf(events)).toEqual({ 'READS b j': '[1,∞)' });
  });

  it('while a is not used again; then each name keeps its own history', () => {
    const events = [reads(1, 'a'), rename(10, 'RENAME a>b'), reads(20, 'a', 'again')];
    expect(nodesOf(events)).toEqual({ a: '', b: '' });
    expect(edgesOf(events)).toEqual({ 'READS a j': '[1,∞)' });
  });

  it('dbt, each night: orders→backup, tmp→orders, drop backup: the name keeps its history', () => {
    const night = (at: number) => [
      run(at, 'START', `n${at}`, { job: 'dbt', writes: 'tmp' }),
      run(at + 1, 'RUNNING', `n${at}`, { job: 'dbt', marks: 'RENAME orders>backup' }),
      run(at + 2, 'RUNNING', `n${at}`, { job: 'dbt', marks: 'RENAME tmp>orders' }),
      run(at + 3, 'COMPLETE', `n${at}`, { job: 'dbt', marks: 'DROP backup' }),
    ];
    const events = [reads(1, 'orders'), ...night(100), ...night(200)];
    expect(nodesOf(events)).toEqual({ backup: '', orders: 'tmp' });
    expect(edgesOf(events)).toMatchObject({ 'READS orders j': '[1,∞)' });
  });

  it('same-instant swap', () => {
    const swap = [rename(10, 'RENAME a>b', 'one'), rename(10, 'RENAME b>a', 'two')];
    expect(nodesOf([reads(1, 'a'), reads(2, 'b'), ...swap])).toEqual({ a: '', b: '' });
  });

  it('one run that renames a→b and b→a: each name keeps its own', () => {
    expect(nodesOf([reads(1, 'a'), reads(2, 'b'), rename(10, 'RENAME a>b, RENAME b>a')])).toEqual({ a: '', b: '' });
  });

  it('there and back: the later one decides', () => {
    expect(nodesOf([reads(1, 'a'), rename(10, 'RENAME a>b'), rename(20, 'RENAME b>a')])).toEqual({ a: 'b' });
  });

  it('chain', () => {
    const events = [reads(1, 'a'), rename(10, 'RENAME a>b'), rename(20, 'RENAME b>c')];
    expect(nodesOf(events)).toEqual({ c: 'a b' });
    expect(edgesOf(events)).toEqual({ 'READS c j': '[1,∞)' });
  });

  it('to itself is nothing', () => {
    expect(nodesOf([reads(1, 'a'), rename(10, 'RENAME a>a')])).toEqual({ a: '' });
  });

  it('the latest rename of a name wins: by time, then hash, then target', () => {
    expect(nodesOf([reads(1, 'a'), rename(20, 'RENAME a>b'), rename(10, 'RENAME a>c')])).toEqual({ b: 'a', c: '' });
    const tie = (h1: string, h2: string) => [
      reads(1, 'a'),
      datasetEvent(10, 'b', { marks: 'RENAME a>b', h: h1 }),
      datasetEvent(10, 'c', { marks: 'RENAME a>c', h: h2 }),
    ];
    expect(nodesOf(tie('1', '2'))).toEqual({ b: '', c: 'a' });
    expect(nodesOf(tie('2', '1'))).toEqual({ b: 'a', c: '' });
    expect(nodesOf([reads(1, 'a'), rename(10, 'RENAME a>c, RENAME a>b')])).toEqual({ b: '', c: 'a' });
  });

  it("a run's own mentions don't count as use, its marks do", () => {
    const own = [
      run(5, 'START', 'r', { job: 'ddl', writes: 'a', marks: 'RENAME a>b' }),
      run(10, 'COMPLETE', 'r', { job: 'ddl', writes: 'a' }),
    ];
    expect(nodesOf(own)).toEqual({ b: 'a' });
    expect(nodesOf([...own, run(12, 'OTHER', 'r', { job: 'ddl', marks: 'CREATE a' })])).toEqual({ a: '', b: '' });
  });

  it("another run's mention at the same instant is a use", () => {
    expect(nodesOf([rename(10, 'RENAME a>b'), reads(10, 'a')])).toEqual({ a: '', b: '' });
  });

  it('never if the run failed; from its first COMPLETE otherwise', () => {
    const said = run(5, 'START', 'r', { job: 'ddl', marks: 'RENAME a>b' });
    const used = reads(8, 'a');
    expect(nodesOf([said, used])).toEqual({ a: '', b: '' });
    expect(nodesOf([said, used, run(9, 'FAIL', 'r', { job: 'ddl' })])).toEqual({ a: '', b: '' });
    expect(nodesOf([said, used, run(9, 'COMPLETE', 'r', { job: 'ddl' })])).toEqual({ b: 'a' });
  });

  it('a name renamed away keeps its own life', () => {
    const events = [
      reads(1, 'a'),
      datasetEvent(5, 'a', { marks: 'DROP a' }),
      reads(7, 'a', 'again'),
      rename(10, 'RENAME a>b'),
      run(20, 'COMPLETE', 'd', { job: 'ddl', marks: 'DROP b' }),
    ];
    expect(edgesOf(events)).toEqual({ 'READS b j': '[1,5) [7,∞)' });
    expect(deadOf(events)).toEqual({ b: '[20,∞)' });
  });

  it('an edge whose two ends become one is left out', () => {
    const feeds = datasetEvent(1, 'x', { feeds: 'a>x' });
    expect(edgesOf([feeds])).toEqual({ 'FEEDS a x': '[1,∞)' });
    expect(edgesOf([feeds, rename(10, 'RENAME x>a')])).toEqual({});
  });

  it('firstSeen and lastSeen go over former names', () => {
    const events = [reads(1, 'a'), rename(10, 'RENAME a>b')];
    expect(linesOf(events, 'dataset')).toMatchObject([
      { firstSeen: '2026-01-01T00:01:00.000Z', lastSeen: '2026-01-01T00:10:00.000Z' },
    ]);
  });
});

describe('symlinks', () => {
  const link = (at: number, symlinks: string, source = 's') =>
    datasetEvent(at, symlinks.split(':')[0] ?? '', { symlinks, source });
  const contestedOf = (events: Parameters<typeof linesOf>[0]) =>
    Object.fromEntries(linesOf(events, 'dataset').map(({ name, contested }) => [name, contested.join(' ')]));

  it('L joins the P that claims it: one node, one history', () => {
    const events = [reads(1, 'L'), reads(5, 'P', 'r1'), link(9, 'P: L')];
    expect(nodesOf(events)).toEqual({ P: 'L' });
    expect(edgesOf(events)).toEqual({ 'READS P j': '[1,∞)' });
  });

  it('a name that no event is about is an alias only', () => {
    expect(nodesOf([link(0, 'P: L')])).toEqual({ P: 'L' });
  });

  it('contested: joins nobody, and both say so', () => {
    const events = [reads(0, 'L'), link(1, 'P: L'), link(2, 'Q: L')];
    expect(nodesOf(events)).toEqual({ L: '', P: '', Q: '' });
    expect(contestedOf(events)).toEqual({ L: '', P: 'dataset:db:L', Q: 'dataset:db:L' });
  });

  it('undone by itself when a claim goes: another facet, deletion, DROP', () => {
    const events = [reads(0, 'L'), link(1, 'P: L'), link(2, 'Q: L')];
    const joined = { P: 'L' };
    expect(nodesOf([...events, link(3, 'Q: M')])).toEqual({ ...joined, Q: 'M' });
    expect(nodesOf([...events, link(3, 'Q: -')])).toEqual({ ...joined, Q: '' });
    expect(nodesOf([...events, datasetEvent(3, 'Q', { marks: 'DROP Q' })])).toEqual({ ...joined, Q: '' });
    expect(nodesOf([...events, datasetEvent(3, 'Q', { marks: 'DROP Q' }), reads(4, 'Q')])).toEqual({
      L: '',
      P: '',
      Q: '',
    });
  });

  it('the last facet per (P, source) holds; two sources on one P are one claimant', () => {
    expect(nodesOf([link(1, 'P: L'), link(2, 'P: M')])).toEqual({ P: 'M' });
    expect(nodesOf([link(1, 'P: L', 's1'), link(2, 'P: L M', 's2')])).toEqual({ P: 'L M' });
    expect(nodesOf([link(1, 'P: L', 's1'), link(2, 'P: -', 's2')])).toEqual({ P: 'L' });
    const twice = [link(1, 'P: Q L', 's1'), link(2, 'P: Q L', 's2'), link(3, 'Q: L')];
    expect(nodesOf(twice)).toEqual({ P: 'L Q' });
  });

  it('claimed by several that step 2 made one: joins them', () => {
    const events = [link(1, 'P: Q L'), link(2, 'Q: L')];
    expect(nodesOf(events)).toEqual({ P: 'L Q' });
    expect(contestedOf(events)).toEqual({ P: '' });
  });

  it('no fixpoint: what step 3 joins settles no other', () => {
    // P and Q are one by step 2; L joins them by step 3; M is claimed by L and P: apart before step 3
    const events = [link(1, 'P: Q L M'), link(2, 'Q: L'), link(3, 'L: M')];
    expect(nodesOf(events)).toEqual({ P: 'L Q' });
    expect(contestedOf(events)).toEqual({ P: 'dataset:db:M' });
  });

  it('a⇄b: one node, named by the smallest', () => {
    expect(nodesOf([link(1, 'b: a'), link(2, 'a: b')])).toEqual({ a: 'b' });
  });

  it('named by the smallest member that no member claims', () => {
    expect(nodesOf([reads(0, 'a'), link(1, 'p: a')])).toEqual({ p: 'a' });
    expect(nodesOf([reads(0, 'a'), link(1, 'p: a L'), link(2, 'q: p')])).toEqual({ q: 'L a p' });
  });

  it('renames are resolved first', () => {
    const rename = datasetEvent(5, 'Q', { marks: 'RENAME P>Q' });
    expect(nodesOf([link(1, 'P: L'), reads(2, 'L'), rename])).toEqual({ Q: 'L P' });
    expect(nodesOf([reads(0, 'P'), link(1, 'R: P'), rename])).toEqual({ R: 'P Q' });
    // P claims Q, then becomes Q: a claim on itself
    expect(nodesOf([reads(0, 'L'), link(1, 'P: Q L'), rename])).toEqual({ Q: 'L P' });
  });

  it('symlinked names share one life', () => {
    const events = [
      reads(1, 'L'),
      link(2, 'P: L'),
      run(10, 'COMPLETE', 'd', { job: 'ddl', marks: 'DROP L' }),
      run(20, 'START', 'u', { job: 'k', writes: 'P' }),
    ];
    expect(deadOf(events)).toEqual({ P: '[10,20)' });
    expect(edgesOf(events)).toEqual({ 'READS P j': '[1,10) [20,∞)', 'WRITES k P': '[20,∞)' });
  });

  it('column ends resolve by symlink too, and need no node', () => {
    const events = [link(0, 'P: L'), run(1, 'COMPLETE', 'r', { writes: 'x', columns: 'L.f>x.f n.f>x.f' })];
    expect(columnEdgesOf(events)).toEqual({ 'P.f x.f': '[1,∞)', 'n.f x.f': '[1,∞)' });
  });

  it('facets over all names: the last per scope, name and source; deleted ones are not served', () => {
    const facet = (
      at: number,
      on: string,
      value: string | null,
      source = 's',
      scope: 'dataset' | 'input' = 'dataset',
    ) => datasetEvent(at, on, { source, facets: [{ scope, name: 'owner', on, value }] });
    const events = [facet(1, 'L', '"x"'), facet(5, 'P', '"y"'), facet(6, 'P', '"z"', 's2'), link(9, 'P: L')];
    const served = (deltas: typeof events) =>
      linesOf(deltas, 'dataset').map(({ facets }) =>
        (facets.owner ?? []).map(({ scope, source, value }) => `${scope} ${source} ${value}`),
      );
    expect(served(events)).toEqual([['dataset s y', 'dataset s2 z']]);
    expect(served([...events, facet(7, 'L', null)])).toEqual([['dataset s2 z']]);
    expect(served([...events, facet(7, 'L', '"i"', 's', 'input')])).toEqual([
      ['dataset s y', 'dataset s2 z', 'input s i'],
    ]);
  });
});

describe('spelling', () => {
  it('as seen is an alias', () => {
    expect(nodesOf([run(0, 'START', 'r', { reads: 'orders', spelled: 'orders=ORDERS' })])).toEqual({
      orders: 'ORDERS',
    });
  });
});

describe('a dataset named twice in one event', () => {
  it('the last mark on it wins', () => {
    expect(deadOf([datasetEvent(5, 'x', { marks: 'CREATE x, DROP x' })])).toEqual({ x: '[5,∞)' });
    expect(deadOf([datasetEvent(5, 'x', { marks: 'DROP x, CREATE x' })])).toEqual({});
  });
});
