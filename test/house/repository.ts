/** The files of this repository, and what each imports: what the house rules are checked on. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Paths from the root, with `/`; without what git ignores. */
export const FILES: readonly string[] = filesOf();

export const isTest = (path: string): boolean => path.endsWith('.test.ts');

/** TypeScript of `libs`, `apps` and `connectors` that ships. */
export const SOURCES: readonly string[] = FILES.filter(
  (path) => /^(libs|apps|connectors)\//.test(path) && /\.tsx?$/.test(path) && !isTest(path),
);

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** `libs/graph` of `libs/graph/sqlite/schema.ts`. */
export function memberOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}

export function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true);
}

export interface Import {
  readonly path: string;
  readonly line: number;
  /** As it is written: `#graph`, `node:fs`, `../names/canonical.ts`. */
  readonly of: string;
  /** By `import()`, or of types alone: nothing is loaded with the file. */
  readonly dynamic: boolean;
}

/** Imports and re-exports, types and `import()` included. */
export function importsOf(path: string): readonly Import[] {
  const source = parse(path);
  const found: Import[] = [];
  const note = (specifier: ts.Node | undefined, dynamic: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    found.push({ path, line: lineOf(source, specifier), of: specifier.text, dynamic });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      note(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    else if (ts.isExportDeclaration(node)) note(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) note(node.argument.literal, false);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      note(node.arguments[0], true);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

export function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
}

function filesOf(): string[] {
  if (existsSync(join(ROOT, '.git'))) {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
    // A file that was removed but not yet committed is still listed.
    return listed
      .toString('utf8')
      .split('\0')
      .filter((path) => statSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile() === true);
  }
  // An unpacked archive has no git.
  return walk('').filter((path) => !/^(dist|node_modules|\.headwater)\//.test(path) && !path.endsWith('.log'));
}

function walk(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).flatMap((name) => {
    const path = folder === '' ? name : `${folder}/${name}`;
    if (path === 'dist' || path === 'node_modules') return [];
    return statSync(join(ROOT, path)).isDirectory() ? walk(path) : [path];
  });
}
