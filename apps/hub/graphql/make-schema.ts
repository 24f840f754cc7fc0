import {
  buildSchema,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  isScalarType,
} from 'graphql/index.js';
import { checkCompleteness } from './check-completeness.ts';
import type { GraphqlContext } from './object-fields.ts';
import type { Declarations } from './resolvers/declarations.ts';

/** The executable schema: the SDL with its resolvers, complete or not at all. */
export function makeSchema(sdl: string, declared: Declarations): GraphQLSchema {
  const schema = buildSchema(sdl);
  checkCompleteness(schema, declared);
  for (const type of Object.values(schema.getTypeMap())) {
    if (isObjectType(type)) {
      const own = declared.objects[type.name];
      for (const field of Object.values(type.getFields())) {
        // The check above is what makes these resolvers fit: the compiler can't see which type the schema gives them.
        const resolve = own?.resolve[field.name] as GraphQLFieldResolver<unknown, GraphqlContext> | undefined;
        const subscribe = own?.subscribe[field.name] as GraphQLFieldResolver<unknown, GraphqlContext> | undefined;
        if (resolve !== undefined) field.resolve = resolve;
        if (subscribe !== undefined) field.subscribe = subscribe;
      }
    } else if (isAbstractType(type)) {
      const typeOf = declared.abstract[type.name];
      if (typeOf !== undefined) type.resolveType = (source: unknown) => typeOf(source as never);
    } else if (isScalarType(type)) {
      Object.assign(type, declared.scalars[type.name]);
    }
  }
  return schema;
}
