import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { FACET_SCHEMAS } from '#openlineage';

/*
 * Compares the types of libs/openlineage, read with the TypeScript compiler, with the JSON Schemas of the OpenLineage
 * spec: every event, every facet of every registry, every field, required or not, and its type. The facets of ours are
 * compared with docs/facets in the same way. The last test turns each schema's fields around, one by one, and expects
 * each turn to be noticed: else a comparison that looks at nothing would pass.
 */

type Json = null | boolean | number | string | Json[] | JsonObject;
interface JsonObject {
  [key: string]: Json | undefined;
}
interface Located {
  node: JsonObject;
  file: JsonObject;
}
interface ObjectShape {
  properties: Map<string, Located>;
  required: Set<string>;
  /** Properties that the schema forbids. */
  forbidden: Set<string>;
  values: Located | 'anything' | undefined;
}

const root = resolve(import.meta.dirname, '../..');
const spec = resolve(process.env.HEADWATER_CORPUS ?? '../shared', 'openlineage-spec');

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const object = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
const array = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);
const strings = (value: Json | undefined): string[] => array(value).filter((item) => typeof item === 'string');
const readJson = (path: string): JsonObject => JSON.parse(readFileSync(path, 'utf8')) as JsonObject;

const core = readJson(join(spec, 'OpenLineage.json'));
const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('Facet.json'))
    .sort()
    .map((name) => join(folder, name));

const program = ts.createProgram([join(root, 'libs/openlineage/index.ts')], {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  types: ['node'],
});
const checker = program.getTypeChecker();
const index = program.getSourceFile(join(root, 'libs/openlineage/index.ts'));
const indexSymbol = index && checker.getSymbolAtLocation(index);
const exported = new Map((indexSymbol ? checker.getExportsOfModule(indexSymbol) : []).map((s) => [s.getName(), s]));

function typeNamed(name: string): ts.Type {
  const symbol = exported.get(name);
  if (!symbol) throw new Error(`libs/openlineage/index.ts exports no type ${name}`);
  return checker.getDeclaredTypeOfSymbol(
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  );
}

function deref({ node, file }: Located): Located {
  const ref = node.$ref;
  if (typeof ref !== 'string') return { node, file };
  const [url = '', pointer = ''] = ref.split('#');
  if (url !== '' && url !== core.$id) throw new Error(`no file for ${ref}`);
  const target = url === '' ? file : core;
  const name = pointer.replace('/$defs/', '');
  const found = object(target.$defs)[name];
  if (!isObject(found)) throw new Error(`${ref} leads nowhere`);
  return deref({ node: found, file: target });
}

/** What an object schema says, with its `allOf` parts put together. */
function shapeOf(located: Located): ObjectShape {
  const { node, file } = deref(located);
  const shape: ObjectShape = { properties: new Map(), required: new Set(), forbidden: new Set(), values: undefined };
  for (const part of array(node.allOf)) {
    const inner = shapeOf({ node: object(part), file });
    for (const [name, property] of inner.properties) shape.properties.set(name, property);
    for (const name of inner.required) shape.required.add(name);
    for (const name of inner.forbidden) shape.forbidden.add(name);
    shape.values ??= inner.values;
  }
  for (const [name, property] of Object.entries(object(node.properties))) {
    shape.properties.set(name, { node: object(property), file });
  }
  for (const name of strings(node.required)) shape.required.add(name);
  for (const name of strings(object(node.not).required)) shape.forbidden.add(name);
  if (node.additionalProperties === true) shape.values = 'anything';
  else if (isObject(node.additionalProperties)) shape.values = { node: node.additionalProperties, file };
  return shape;
}

const same = (a: ts.Type, b: ts.Type): boolean => checker.isTypeAssignableTo(a, b) && checker.isTypeAssignableTo(b, a);
const show = (type: ts.Type): string => checker.typeToString(type).slice(0, 80);

/** Where the TypeScript type and the schema differ; empty if nowhere. `seen` cuts recursive types. */
function differences(
  located: Located,
  type: ts.Type,
  at: string,
  seen = new Map<JsonObject, Set<ts.Type>>(),
): string[] {
  const { node, file } = deref(located);
  const met = seen.get(node) ?? new Set<ts.Type>();
  if (met.has(type)) return [];
  seen.set(node, met.add(type));

  const variants = [...array(node.oneOf), ...array(node.anyOf)].map((v): Located => ({ node: object(v), file }));
  if (variants.length > 1) return unionDifferences(variants, type, at, seen);
  if (variants.length === 1 && variants[0]) return containerDifferences(variants[0], type, at);

  if ('const' in node || 'enum' in node) {
    const allowed = 'const' in node ? [node.const] : array(node.enum);
    const members = type.isUnion() ? type.types : [type];
    const literals = members.map((m) => (m.isStringLiteral() ? m.value : show(m)));
    return [...allowed].sort().join() === literals.sort().join() ? [] : [`${at}: ${allowed} here ${literals}`];
  }
  const kind = node.type ?? (node.properties || node.allOf ? 'object' : undefined);
  if (kind === 'string') return same(type, checker.getStringType()) ? [] : [`${at}: string, here ${show(type)}`];
  if (kind === 'boolean') return same(type, checker.getBooleanType()) ? [] : [`${at}: boolean, here ${show(type)}`];
  if (kind === 'number' || kind === 'integer') {
    return same(type, checker.getNumberType()) ? [] : [`${at}: number, here ${show(type)}`];
  }
  if (kind === 'array') {
    if (!checker.isArrayType(type)) return [`${at}: array, here ${show(type)}`];
    const [item] = checker.getTypeArguments(type as ts.TypeReference);
    return item ? differences({ node: object(node.items), file }, item, `${at}[]`, seen) : [`${at}: items of no type`];
  }
  if (kind === 'object') return objectDifferences({ node, file }, type, at, seen);
  return [`${at}: this check does not know ${JSON.stringify(node)}`];
}

function objectDifferences(located: Located, type: ts.Type, at: string, seen: Map<JsonObject, Set<ts.Type>>): string[] {
  const shape = shapeOf(located);
  const problems: string[] = [];
  const indexed = checker.getIndexInfoOfType(type, ts.IndexKind.String);
  if (shape.properties.size === 0) {
    if (!indexed) return [`${at}: a map, here ${show(type)}`];
    if (shape.values === 'anything' || shape.values === undefined) {
      return indexed.type.flags & ts.TypeFlags.Unknown
        ? []
        : [`${at}: a map of anything, here of ${show(indexed.type)}`];
    }
    return differences(shape.values, indexed.type, `${at}{}`, seen);
  }
  if (indexed) problems.push(`${at}: named fields, here a map too`);
  const ours = new Map(checker.getPropertiesOfType(type).map((property) => [property.getName(), property]));
  for (const [name, property] of shape.properties) {
    const own = ours.get(name);
    if (!own) {
      problems.push(`${at}.${name}: missing`);
      continue;
    }
    const optional = (own.flags & ts.SymbolFlags.Optional) !== 0;
    if (optional === shape.required.has(name)) {
      problems.push(
        `${at}.${name}: ${shape.required.has(name) ? 'required, here optional' : 'optional, here required'}`,
      );
    }
    const ownType = checker.getNonNullableType(checker.getTypeOfSymbol(own));
    problems.push(...differences(property, ownType, `${at}.${name}`, seen));
  }
  for (const [name, own] of ours) {
    if (shape.properties.has(name)) continue;
    const never = (checker.getNonNullableType(checker.getTypeOfSymbol(own)).flags & ts.TypeFlags.Never) !== 0;
    if (!(never && shape.forbidden.has(name))) problems.push(`${at}.${name}: not in the schema`);
  }
  for (const name of shape.forbidden) if (!ours.has(name)) problems.push(`${at}.${name}: forbidden, here allowed`);
  return problems;
}

/** Each variant fits exactly one member, and no member is left over. */
function unionDifferences(
  variants: Located[],
  type: ts.Type,
  at: string,
  seen: Map<JsonObject, Set<ts.Type>>,
): string[] {
  const members = type.isUnion() ? [...type.types] : [type];
  const problems: string[] = [];
  if (members.length !== variants.length) problems.push(`${at}: ${variants.length} variants, here ${members.length}`);
  for (const [i, variant] of variants.entries()) {
    let best: { member: number; found: string[] } | undefined;
    for (const [m, member] of members.entries()) {
      // A failed try must not count as seen: the right pair would then never be compared.
      const tried = new Map([...seen].map(([node, types]) => [node, new Set(types)]));
      const found = differences(variant, member, `${at}|${i}`, tried);
      if (!best || found.length < best.found.length) best = { member: m, found };
    }
    if (!best) problems.push(`${at}|${i}: no member left for it`);
    else {
      problems.push(...best.found);
      members.splice(best.member, 1);
    }
  }
  return problems;
}

/** `facets`: any key, and every value a facet. Which keys are known by type is compared facet by facet, below. */
function containerDifferences(variant: Located, type: ts.Type, at: string): string[] {
  const indexed = checker.getIndexInfoOfType(type, ts.IndexKind.String);
  if (shapeOf(variant).values === undefined) return [`${at}: this check expects a container of facets`];
  if (!indexed) return [`${at}: a container of any facets, here only of named ones`];
  return checker.isTypeAssignableTo(indexed.type, typeNamed('BaseFacet')) ? [] : [`${at}: of ${show(indexed.type)}`];
}

interface FacetDefinition {
  key: string;
  target: keyof typeof FACET_SCHEMAS;
  schemaURL: string;
  name: string;
  definition: Located;
}

const targets: Record<string, (keyof typeof FACET_SCHEMAS)[]> = {
  RunFacet: ['run'],
  JobFacet: ['job'],
  DatasetFacet: ['dataset'],
  InputDatasetFacet: ['input'],
  OutputDatasetFacet: ['output'],
};
/** Ours that go on two targets extend BaseFacet, which doesn't say where. */
const ownTargets: Record<string, (keyof typeof FACET_SCHEMAS)[]> = {
  headwater_snapshot: ['run', 'job'],
  headwater_evidence: ['run', 'job'],
  headwater_usage: ['job', 'dataset'],
};

/** The facets that a file defines: by key, and by what they extend. */
function facetsOf(path: string): FacetDefinition[] {
  const file = readJson(path);
  return Object.entries(object(file.properties)).flatMap(([key, node]) =>
    variantsOf(object(node), file).flatMap(({ name, node: definition }) => {
      const bases = array(definition.allOf).map((part) => String(object(part).$ref ?? ''));
      const base = bases.find((ref) => ref.startsWith(String(core.$id)))?.replace(/^.*\//, '') ?? '';
      return (targets[base] ?? ownTargets[key] ?? []).map((target) => ({
        key,
        target,
        name,
        schemaURL: `${file.$id}#/$defs/${name}`,
        definition: { node: definition, file },
      }));
    }),
  );
}

function variantsOf(node: JsonObject, file: JsonObject): { name: string; node: JsonObject }[] {
  const variants = [...array(node.oneOf), ...array(node.anyOf)];
  if (variants.length > 0) return variants.flatMap((variant) => variantsOf(object(variant), file));
  if (typeof node.$ref !== 'string') throw new Error(`a facet without $ref in ${file.$id}`);
  const name = node.$ref.replace('#/$defs/', '');
  const definition = object(object(file.$defs)[name]);
  return definition.oneOf ? variantsOf(definition, file) : [{ name, node: definition }];
}

function knownFacet(target: keyof typeof FACET_SCHEMAS, key: string): ts.Type | undefined {
  const container = checker.getPropertyOfType(typeNamed('KnownFacets'), target);
  const property = container && checker.getPropertyOfType(checker.getTypeOfSymbol(container), key);
  return property && checker.getNonNullableType(checker.getTypeOfSymbol(property));
}

const specFiles = [...filesUnder(join(spec, 'facets')), ...filesUnder(join(spec, 'registry'))];
const ownFiles = filesUnder(join(root, 'docs/facets'));
const facets = [...specFiles, ...ownFiles].flatMap(facetsOf);

describe('types of libs/openlineage', () => {
  it('compile', () => {
    expect(ts.getPreEmitDiagnostics(program).map((d) => ts.flattenDiagnosticMessageText(d.messageText, '\n'))).toEqual(
      [],
    );
  });

  it.each(Object.keys(object(core.$defs)))('%s is as the core spec has it', (name) => {
    expect(differences({ node: object(object(core.$defs)[name]), file: core }, typeNamed(name), name)).toEqual([]);
  });

  it('OpenLineageEvent is as the core spec has it', () => {
    expect(differences({ node: core, file: core }, typeNamed('OpenLineageEvent'), 'event')).toEqual([]);
  });

  it('covers every schema file', () => {
    expect(specFiles).toHaveLength(44);
    expect(ownFiles).toHaveLength(6);
    expect([...specFiles, ...ownFiles].filter((path) => facetsOf(path).length === 0)).toEqual([]);
  });

  it.each(facets.map((f) => [`${f.target}.${f.key}`, f.name, f] as const))('%s is as %s', (_, name, f) => {
    const type = knownFacet(f.target, f.key);
    expect(type, `KnownFacets.${f.target}.${f.key}`).toBeDefined();
    if (type) expect(differences(f.definition, type, name)).toEqual([]);
    expect(Object.entries(FACET_SCHEMAS[f.target]).find(([key]) => key === f.key)?.[1]).toBe(f.schemaURL);
  });

  it('has no facet that no schema defines', () => {
    const ours = Object.entries(FACET_SCHEMAS).flatMap(([target, keys]) =>
      Object.keys(keys).map((k) => `${target}.${k}`),
    );
    expect(ours.sort()).toEqual(facets.map((f) => `${f.target}.${f.key}`).sort());
  });
});

describe('docs/facets', () => {
  it.each(ownFiles.map((path) => [basename(path), path] as const))(
    '%s accepts its examples, and not without _producer',
    (_, path) => {
      const ajv = new Ajv2020({ strict: false });
      formats.default(ajv);
      ajv.addSchema(core);
      const schema = readJson(path);
      const accepts = ajv.compile(schema);
      const examples = array(schema.examples);
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) {
        expect(accepts(example), ajv.errorsText(accepts.errors)).toBe(true);
        for (const [key, facet] of Object.entries(object(example))) {
          expect(accepts({ [key]: { ...object(facet), _producer: undefined } })).toBe(false);
        }
      }
    },
  );
});

describe('this check', () => {
  interface Turn {
    what: string;
    undo: () => void;
  }

  /** Turns each field of each object schema below `node`, one at a time: required or not, another type, gone, one more. */
  function* turns(node: JsonObject): Generator<Turn> {
    const properties = object(node.properties);
    for (const name of Object.keys(properties)) {
      const [had, required] = [properties[name], node.required];
      const names = strings(required);
      node.required = names.includes(name) ? names.filter((n) => n !== name) : [...names, name];
      yield { what: `${name} required`, undo: () => Object.assign(node, { required }) };
      properties[name] = { type: 'array', items: { type: 'array', items: { type: 'boolean' } } };
      yield { what: `${name} of another type`, undo: () => Object.assign(properties, { [name]: had }) };
      delete properties[name];
      yield { what: `${name} gone`, undo: () => Object.assign(properties, { [name]: had }) };
    }
    if (Object.keys(properties).length > 0) {
      properties.oneMore = { type: 'string' };
      yield { what: 'one more', undo: () => delete properties.oneMore };
    }
    const inner = [...Object.values(properties), node.items, node.additionalProperties, ...array(node.allOf)];
    for (const child of inner) if (isObject(child)) yield* turns(child);
  }

  it('notices each turned field of each facet', () => {
    const missed: string[] = [];
    const absent = checker.getNeverType();
    let count = 0;
    const compare = (f: FacetDefinition) => differences(f.definition, knownFacet(f.target, f.key) ?? absent, f.name);
    for (const file of new Set(facets.map((f) => f.definition.file))) {
      const concerned = facets.filter((f) => f.definition.file === file);
      for (const [name, definition] of Object.entries(object(file.$defs))) {
        for (const turn of turns(object(definition))) {
          count++;
          if (concerned.every((f) => compare(f).length === 0)) missed.push(`${file.$id}: ${name}: ${turn.what}`);
          turn.undo();
        }
      }
      expect(concerned.flatMap(compare)).toEqual([]);
    }
    expect(missed).toEqual([]);
    expect(count).toBeGreaterThan(900);
  });
});
