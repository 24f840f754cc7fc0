import {
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql/index.js';
import type { Declarations } from './resolvers/declarations.ts';

/**
 * Every field of the schema has a resolver or is declared to be a property of its source, and nothing is declared that
 * the schema lacks. Without this a forgotten field answers null for ever, and nobody is told.
 */
export function checkCompleteness(schema: GraphQLSchema, declared: Declarations): void {
  const faults = Object.values(schema.getTypeMap())
    .filter((type) => !type.name.startsWith('__'))
    .flatMap((type) => {
      if (isObjectType(type)) return fieldFaults(schema, type, declared);
      if (isAbstractType(type) && declared.abstract[type.name] === undefined) return [missing(type.name, 'abstract')];
      if (isScalarType(type) && !isSpecifiedScalarType(type) && declared.scalars[type.name] === undefined) {
        return [missing(type.name, 'scalars')];
      }
      return [];
    });
  const unknown = Object.keys({ ...declared.objects, ...declared.abstract, ...declared.scalars })
    .filter((name) => schema.getType(name) === undefined)
    .map((name) => `${name} is declared, but graphql/schema has no such type: add it there or remove its declaration`);
  if (faults.length + unknown.length === 0) return;
  throw new Error(`the GraphQL schema and its resolvers don't match:\n  ${[...faults, ...unknown].join('\n  ')}`);
}

function fieldFaults(schema: GraphQLSchema, type: GraphQLObjectType, declared: Declarations): string[] {
  const own = declared.objects[type.name];
  if (own === undefined) return [missing(type.name, 'objects')];
  const subscription = type === schema.getSubscriptionType();
  const fields = Object.keys(type.getFields());
  const plain = new Set(own.plain);
  const without = fields.filter((name) => !plain.has(name) && own.resolve[name] === undefined);
  const twice = fields.filter((name) => plain.has(name) && own.resolve[name] !== undefined);
  const unheard = subscription ? fields.filter((name) => own.subscribe[name] === undefined) : [];
  const gone = [...plain, ...Object.keys(own.resolve), ...Object.keys(own.subscribe)].filter(
    (name) => !fields.includes(name),
  );
  const at = `in the declaration of ${type.name} in apps/hub/graphql/resolvers`;
  return [
    ...without.map((name) => `${type.name}.${name} has no resolver: add one, or name it as plain, ${at}`),
    ...twice.map((name) => `${type.name}.${name} is plain and has a resolver: keep one of them ${at}`),
    ...unheard.map((name) => `${type.name}.${name} has no subscribe: add one ${at}`),
    ...gone.map((name) => `${type.name}.${name} is not in graphql/schema: add it there, or remove it ${at}`),
  ];
}

const missing = (name: string, part: string): string =>
  `${name} is not declared: add it to \`${part}\` in apps/hub/graphql/resolvers/declarations.ts`;
