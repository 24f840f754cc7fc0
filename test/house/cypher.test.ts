/** Cypher stands where a reviewer sees it, and each query on the way of an event has its plan beside the others. */
import ts from 'typescript';
import { expect, it } from 'vitest';
import { parse, read, SOURCES } from './repository.ts';

const QUERIES = SOURCES.filter((path) => /^libs\/.*-queries\.ts$/.test(path));
/** What they hold is asked by people, at the start, or by an export: they may scan. */
const OFF_THE_WAY = ['checkup', 'export', 'schema', 'whole-graph'];
/** Of these, what is asked all the same while events come in. */
const ON_THE_WAY = ['READ_SCHEMA', 'SET_SCHEMA'];

const PLANS = Object.keys(JSON.parse(read('test/servers/neo4j-plans.json')) as object);
const CYPHER = /\b(?:MATCH|MERGE|CREATE|UNWIND) ?\(|\bUNWIND \$|\bCALL \(|\bRETURN \w+\./;
/** Cypher that a person is told to type. */
const SAID = ['apps/hub/storage/replay.ts', 'libs/graph/publish-file.ts'];

const isNoQuery = (value: ts.Expression): boolean =>
  ts.isNumericLiteral(value) || ts.isArrayLiteralExpression(value) || ts.isArrowFunction(value);

/** Names of exported queries; a list of statements is a schema, and of what makes queries each that is made counts. */
function constantsOf(path: string): string[] {
  const names: string[] = [];
  for (const statement of parse(path).statements) {
    const exported = ts.canHaveModifiers(statement)
      ? ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
      : false;
    if (exported !== true) continue;
    if (ts.isVariableStatement(statement))
      for (const { name, initializer } of statement.declarationList.declarations)
        if (initializer === undefined || !isNoQuery(initializer)) names.push(name.getText());
    if (ts.isFunctionDeclaration(statement)) names.push(statement.name?.text ?? '');
  }
  return names;
}

it('stands in files of queries alone', () => {
  const others = SOURCES.filter((path) => path.startsWith('libs/') || path.startsWith('apps/')).filter(
    (path) => !QUERIES.includes(path) && !SAID.includes(path) && !path.endsWith('.test.ts'),
  );
  const found = others
    // To parse them all takes long.
    .filter((path) => CYPHER.test(read(path)))
    .flatMap((path) =>
      stringsOf(path)
        .filter((text) => CYPHER.test(text))
        .map((text) => `${path}: ${text.trim().slice(0, 60)}`),
    );
  expect(found).toEqual([]);
});

it('has the plan of each query on the way of an event', () => {
  expect(QUERIES.length).toBeGreaterThan(10);
  const names = QUERIES.flatMap((path) => {
    const off = OFF_THE_WAY.some((name) => path.endsWith(`/${name}-queries.ts`));
    return constantsOf(path)
      .filter((name) => !off || ON_THE_WAY.includes(name))
      .map((name) => ({ path, name }));
  });
  const planned = (name: string): boolean => PLANS.some((plan) => plan.split('.').includes(name));
  expect(names.filter(({ name }) => !planned(name))).toEqual([]);
});

function stringsOf(path: string): string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) texts.push(node.getText());
    ts.forEachChild(node, visit);
  };
  visit(parse(path));
  return texts;
}
