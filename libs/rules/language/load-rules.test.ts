// biome-ignore-all lint/suspicious/noTemplateCurlyInString: rule files write references to secrets so
import { describe, expect, it } from 'vitest';
import { type LoadedRules, loadRules, RuleReader } from './load-rules.ts';
import { sayProblem } from './problem.ts';
import type { RuleSet } from './rule-set.ts';

const said = (text: string, file = 'rules/a.yml'): string[] => {
  const loaded = loadRules([{ file, text }]);
  return loaded.ok ? [] : loaded.problems.map(sayProblem);
};

function loaded(text: string): RuleSet {
  const result = loadRules([{ file: 'rules/a.yml', text }]);
  if (!result.ok) throw new Error(result.problems.map(sayProblem).join('\n'));
  return result.set;
}

/** As the contract has it. */
const CONTRACT = `freshness:
  - name: orders-hourly
    dataset: "dataset:postgres://db:5432:shop.public.orders"     # an id, a list of ids, or a CEL selector in where
    maxAge: { warn: 1h, fail: 2h }
  - name: marts-by-eight
    where: dataset.tags.exists(t, t == "mart")
    cron: { deadline: "0 8 * * 1-5", lowerBound: 4h, timezone: Europe/Paris }
webhooks:
  refresh-mart: { url: "https://jobs.example.com/refresh", secret: "\${env:REFRESH_MART_SECRET}" }
rules:
  - name: orders-late
    on: freshness.failed
    where: dataset.name.startsWith("shop.")
    then: [ { webhook: refresh-mart }, { annotate: { on: downstream, text: "Orders are late since {{incident.since}}" } } ]
    guard: { cooldown: 10m, per: subject, max: 6/1h, budget: 50/1d, maxEvidenceAge: 1h }
  - name: refresh-orders-mart
    on: dataset.updated
    when: all-inputs-updated
    job: { namespace: airflow, name: marts.orders }
    then: [ { trigger: { airflow: { dag: marts } } } ]
`;

describe('a rule file', () => {
  it('of the contract is loaded', () => {
    const { rules, freshness, webhooks } = loaded(CONTRACT);
    expect(rules.map(({ name }) => name)).toEqual(['orders-late', 'refresh-orders-mart']);
    expect(rules[0]?.guard).toEqual({
      cooldown: 600_000,
      per: 'subject',
      max: { count: 6, window: 3_600_000 },
      budget: { count: 50, window: 86_400_000 },
      maxEvidenceAge: 3_600_000,
    });
    expect(rules[1]).toMatchObject({
      jobs: ['job:airflow:marts.orders'],
      guard: { per: 'job' },
      when: 'all-inputs-updated',
    });
    expect(freshness[0]?.maxAge).toEqual({ warn: 3_600_000, fail: 7_200_000 });
    expect(freshness[1]?.cron).toEqual({ deadline: '0 8 * * 1-5', lowerBound: 14_400_000, timezone: 'Europe/Paris' });
    expect(webhooks[0]?.secrets).toEqual([{ from: 'env', name: 'REFRESH_MART_SECRET' }]);
    expect(rules[1]?.place).toEqual({ file: 'rules/a.yml', line: 16, column: 5 });
  });

  it('that is empty says nothing', () => {
    expect(loaded('')).toEqual({ rules: [], freshness: [], webhooks: [], glossary: [], contracts: [] });
    expect(loaded('# nothing yet\n')).toEqual({ rules: [], freshness: [], webhooks: [], glossary: [], contracts: [] });
  });
});

const rule = (more: string): string => `rules:
  - name: r
    on: freshness.failed
    then: [ { tag: { add: late } } ]
${more}`;

/** What is wrong → where and what is said of it. */
const FAULTS: readonly (readonly [string, string, string])[] = [
  [
    'an unknown key',
    rule('    gaurd: { cooldown: 1h }\n'),
    'rules/a.yml:5:5 rules[0].gaurd: unknown key; did you mean "guard"?',
  ],
  ['an unknown key far from any', 'ruels: []\n', 'rules/a.yml:1:1 ruels: unknown key; did you mean "rules"?'],
  [
    'an unknown kind',
    rule('').replace('freshness.failed', 'freshnes.failed'),
    'rules/a.yml:3:9 rules[0].on: "freshnes.failed" is not known; did you mean "freshness.failed"?',
  ],
  [
    'an unknown kind in a list',
    rule('').replace('freshness.failed', '[schema.changed, run.fialed]'),
    'rules/a.yml:3:26 rules[0].on[1]: "run.fialed" is not known; did you mean "run.failed"?',
  ],
  [
    'a key that is missing',
    'rules:\n  - name: r\n    on: run.failed\n',
    'rules/a.yml:2:5 rules[0].then: is missing; add a list',
  ],
  [
    'a wrong duration',
    rule('    guard: { cooldown: 10 minutes }\n'),
    'rules/a.yml:5:24 rules[0].guard.cooldown: "10 minutes" is no duration; write 30s, 5m, 2h or 1d',
  ],
  [
    'a wrong rate',
    rule('    guard: { max: 6 }\n'),
    'rules/a.yml:5:19 rules[0].guard.max: is the number 6; write a text',
  ],
  [
    'a rate of too many',
    rule('    guard: { budget: 5000/1d }\n'),
    'rules/a.yml:5:22 budget: "5000/1d" is too many; 1000 at most',
  ],
  [
    'an unknown name in a condition',
    rule('    where: dataset.nmae == "x"\n'),
    'rules/a.yml:5:20 where: unknown name "nmae"; did you mean "name"?',
  ],
  [
    '… in quotes',
    rule(`    where: 'dataset.name == "x" && datset.name == "y"'\n`),
    'rules/a.yml:5:36 where: unknown name "datset"; did you mean "dataset"?',
  ],
  [
    '… in a block',
    rule('    where: |\n      dataset.name == "x" &&\n        dataset.tag.size() > 0\n'),
    'rules/a.yml:7:17 where: unknown name "tag"; did you mean "tags"?',
  ],
  [
    'a name that these kinds lack',
    rule('    where: job.name == "x"\n'),
    'rules/a.yml:5:12 where: unknown name "job"; did you mean "now"?',
  ],
  [
    'a condition that is no condition',
    rule('    where: dataset.name\n'),
    'rules/a.yml:5:12 where: a condition is true or false; this is string',
  ],
  ['no CEL', rule('    where: dataset.name = "x"\n'), "rules/a.yml:5:25 where: is no CEL: = can't stand here"],
  [
    'types that never agree',
    rule('    where: dataset.name > 3\n'),
    "rules/a.yml:5:25 where: string can't be compared with int",
  ],
  [
    'an unknown function',
    rule('    where: dataset.name.startWith("x")\n'),
    'rules/a.yml:5:25 where: unknown function "startWith"; did you mean "startsWith"?',
  ],
  [
    'an unknown template name',
    'rules:\n  - name: r\n    on: freshness.failed\n    then: [ { annotate: { text: "late since {{incident.sinse}}" } } ]\n',
    'rules/a.yml:4:56 text: unknown name "sinse"; did you mean "since"?',
  ],
  [
    'a template without an end',
    'rules:\n  - name: r\n    on: freshness.failed\n    then: [ { annotate: { text: "late {{now" } } ]\n',
    'rules/a.yml:4:39 text: {{ is never closed; add }}',
  ],
  [
    'a secret',
    'webhooks:\n  w: { url: "https://a.example/", secret: "hunter2" }\n',
    'rules/a.yml:2:43 webhooks.w.secret: "hunter2" holds a secret itself; keep it outside and write ${env:NAME} or ${file:PATH}',
  ],
  [
    'credentials in a URL',
    'webhooks:\n  w: { url: "https://me:pw@a.example/", secret: "${env:S}" }\n',
    'rules/a.yml:2:13 url: holds user or password; a webhook is signed, take them out',
  ],
  [
    'no URL',
    'webhooks:\n  w: { url: "ftp://a.example/", secret: "${env:S}" }\n',
    'rules/a.yml:2:13 url: is no address of http or https; write https://HOST/PATH',
  ],
  [
    'a word that means two things',
    'glossary:\n  - { term: revenue, text: What is paid. }\n  - { term: revenue, text: What is owed. }\n',
    'rules/a.yml:3:13 term: "revenue" is there already, at rules/a.yml:2; names are unique over all files',
  ],
  [
    'an address that nobody can open',
    'glossary:\n  - { term: revenue, text: What is paid., see: [wiki] }\n',
    'rules/a.yml:2:49 glossary[0].see[0]: "wiki" is no address; write https://HOST/PATH',
  ],
  [
    'a webhook that is not there',
    'webhooks:\n  refresh: { url: "https://a.example/", secret: "${env:S}" }\nrules:\n  - name: r\n    on: run.failed\n    then: [ { webhook: refesh } ]\n',
    'rules/a.yml:6:24 there is no webhook "refesh"; did you mean "refresh"?; add it under webhooks',
  ],
  [
    'Slack before its time',
    rule('').replace('tag: { add: late }', 'slack: { channel: "#data" }'),
    'rules/a.yml:4:22 slack: comes later; use a webhook until then',
  ],
  [
    'two actions in one',
    rule('').replace('tag: { add: late }', 'tag: { add: late }, webhook: w'),
    'rules/a.yml:4:13 0: is one action; give each its own entry: webhook, trigger, annotate or tag',
  ],
  [
    'a DAG and an asset',
    rule('').replace('tag: { add: late }', 'trigger: { airflow: { dag: a, asset: b } }'),
    'rules/a.yml:4:35 airflow: names one of dag: and asset:',
  ],
  [
    'a name twice',
    `${rule('')}  - name: r\n    on: run.failed\n    then: [ { tag: { add: x } } ]\n`,
    'rules/a.yml:5:11 name: "r" is there already, at rules/a.yml:2; names are unique over all files',
  ],
  ['a key twice', 'rules: []\nrules: []\n', 'rules/a.yml:2:1 the key is there twice; keep one of them'],
  [
    'no YAML',
    'rules: [\n',
    'rules/a.yml:2:1 Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  [
    'a job without inputs meant',
    rule('    when: all-inputs-updated\n'),
    'rules/a.yml:5:11 when: needs on: dataset.updated, and job: whose inputs are meant',
  ],
  [
    'datasets of jobs',
    rule('    dataset: "dataset:a:b"\n').replace('freshness.failed', 'job.stalled'),
    'rules/a.yml:5:14 dataset: chooses datasets, and not all kinds in on: are about these',
  ],
  [
    'a policy for nothing',
    'freshness:\n  - name: p\n    maxAge: { fail: 1h }\n',
    'rules/a.yml:2:5 0: chooses no dataset; add dataset: or where:',
  ],
  [
    'a policy that asks for nothing',
    'freshness:\n  - name: p\n    dataset: "dataset:a:b"\n',
    'rules/a.yml:2:5 0: asks for nothing; add maxAge: or cron:',
  ],
  [
    'a warning after the failure',
    'freshness:\n  - name: p\n    dataset: "dataset:a:b"\n    maxAge: { warn: 2h, fail: 1h }\n',
    'rules/a.yml:4:21 warn: must be less than fail: a warning that comes later warns of nothing',
  ],
  [
    'a wrong cron',
    'freshness:\n  - name: p\n    dataset: "dataset:a:b"\n    cron: { deadline: "0 25 * * *", lowerBound: 1h }\n',
    'rules/a.yml:4:23 deadline: "0 25 * * *" is no cron expression',
  ],
  [
    'a wrong time zone',
    'freshness:\n  - name: p\n    dataset: "dataset:a:b"\n    cron: { deadline: "0 8 * * *", lowerBound: 1h, timezone: Europe/Pariss }\n',
    'rules/a.yml:4:23 deadline: "Europe/Pariss" is no time zone: write an IANA name such as Europe/Paris',
  ],
];

describe('a folder that is read again', () => {
  const rule = (name: string, where: string): string =>
    `rules:\n  - { name: ${name}, on: run.failed, where: '${where}', then: [ { tag: { add: x } } ] }\n`;
  const a = { file: 'a.yml', text: rule('a', 'job.name == "a"') };
  const b = { file: 'b.yml', text: rule('b', 'job.name == "b"') };

  const rulesIn = (read: LoadedRules): RuleSet['rules'] => {
    if (!read.ok) throw new Error(read.problems.map(sayProblem).join('\n'));
    return read.set.rules;
  };

  it('is as if it were read for the first time, and keeps what it knows', () => {
    const reader = new RuleReader();
    const [first] = rulesIn(reader.load([a, b]));
    const broken = { ...b, text: rule('b', 'job.nam == "b"') };
    expect(reader.load([a, broken])).toEqual(loadRules([a, broken]));
    const other = { ...b, text: rule('b2', 'job.name == "b"') };
    const again = rulesIn(reader.load([other, a]));
    expect(again.map(({ name, place }) => [name, place])).toEqual(
      rulesIn(loadRules([other, a])).map(({ name, place }) => [name, place]),
    );
    expect(again[1]?.where).toBe(first?.where);
    expect(rulesIn(reader.load([b])).map(({ name }) => name)).toEqual(['b']);
  });
});

describe('what is wrong is told with its place, and what to do:', () => {
  it.each(FAULTS)('%s', (_, text, problem) => {
    const [first, ...others] = said(text);
    expect(others).toEqual([]);
    expect(first?.slice(0, problem.length)).toBe(problem);
  });

  it('all of it at once, in the order of places', () => {
    const text = 'rules:\n  - name: r\n    on: nothing\n    then: []\n    x: 1\n';
    expect(said(text).map((line) => line.split(' ')[0])).toEqual([
      'rules/a.yml:3:9',
      'rules/a.yml:4:11',
      'rules/a.yml:5:5',
    ]);
  });

  it('over all files', () => {
    const files = ['a', 'b'].map((name) => ({ file: `rules/${name}.yml`, text: rule('') }));
    const result = loadRules(files);
    expect(result.ok ? [] : result.problems.map(sayProblem)).toEqual([
      'rules/b.yml:2:11 name: "r" is there already, at rules/a.yml:2; names are unique over all files',
    ]);
  });
});

describe('a hostile file is refused quickly:', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
    .split('')
    .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[i]}`).join(',')}]`)
    .join('\n')}\n`;

  it.each([
    ['aliases of aliases', bomb],
    ['brackets', rule(`    where: ${'('.repeat(1_000)}true${')'.repeat(1_000)}\n`)],
    ['a long condition', rule(`    where: ${'true && '.repeat(300)}true\n`)],
    [
      'loops in loops',
      rule('    where: dataset.tags.all(a, dataset.tags.all(b, dataset.tags.all(c, a == b && b == c)))\n'),
    ],
    ['a chain', rule(`    where: change.after${'.a'.repeat(600)} == 1\n`)],
    ['deep YAML', `rules: ${'['.repeat(3_000)}`],
    ['a file of megabytes', `# ${'x'.repeat(1_100_000)}`],
  ])('%s', (_, text) => {
    expect(said(text).length).toBeGreaterThan(0);
  });
});
