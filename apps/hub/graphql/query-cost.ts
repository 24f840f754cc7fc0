import {
  type ArgumentNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql/index.js';

/** A list whose length nobody says. */
const USUAL_LENGTH = 10;
const INTROSPECTION = 100;

/** Fields that have rows of their own for each node they are asked of, in the one call that reads them all. */
const CALL = 50;
const CALLS: ReadonlySet<string> = new Set([
  'Dataset.schemaVersions',
  'Dataset.statistics',
  'Dataset.quality',
  'Flow.activity',
  'Job.runs',
  'Job.versions',
  'Run.events',
  'Run.eventsCut',
  'SchemaVersion.hit',
]);

/**
 * How many values an operation may bring back, about. A list counts as long as its `first` or `limit` lets it be:
 *
 * ```
 * lineage(limit: 500) {          1 + 500 × (
 *   nodes { id name                  1 + 2
 *     tags { key } }                 1 + 10 × 1
 *   cut { at } }                     1 + 1 )
 * ```
 *
 * `nodes` and `cut` are the lists that `limit` bounds, so they are not multiplied again. Each fragment is counted once
 * and remembered: fragments that spread each other twice would else take exponential time here.
 */
export function queryCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null,
  variables: Readonly<Record<string, unknown>>,
): number {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const asked = operations.filter(({ name }) => operationName === null || name?.value === operationName);
  const counter = new CostCounter(schema, document, variables);
  return Math.max(0, ...asked.map((operation) => counter.ofOperation(operation)));
}

class CostCounter {
  readonly #schema: GraphQLSchema;
  readonly #given: Readonly<Record<string, unknown>>;
  #variables: Readonly<Record<string, unknown>> = {};
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #counted = new Map<string, number>();

  constructor(schema: GraphQLSchema, document: DocumentNode, variables: Readonly<Record<string, unknown>>) {
    this.#schema = schema;
    this.#given = variables;
    this.#fragments = new Map(
      document.definitions
        .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
        .map((fragment) => [fragment.name.value, fragment]),
    );
  }

  ofOperation(operation: OperationDefinitionNode): number {
    this.#counted.clear();
    this.#variables = { ...defaultsOf(operation), ...this.#given };
    return this.#ofSelections(operation.selectionSet, this.#schema.getRootType(operation.operation), true);
  }

  /** `bounded`: the length of lists right here is already counted, by what they are in. */
  #ofSelections({ selections }: SelectionSetNode, type: GraphQLNamedType | null | undefined, bounded: boolean): number {
    let cost = 0;
    for (const selection of selections) {
      switch (selection.kind) {
        case Kind.INLINE_FRAGMENT: {
          const narrowed = selection.typeCondition?.name.value;
          cost += this.#ofSelections(selection.selectionSet, narrowed ? this.#schema.getType(narrowed) : type, bounded);
          break;
        }
        case Kind.FRAGMENT_SPREAD:
          cost += this.#ofFragment(selection.name.value, bounded);
          break;
        case Kind.FIELD: {
          const { name, arguments: args = [], selectionSet } = selection;
          const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name.value] : undefined;
          if (field === undefined) cost += name.value.startsWith('__') ? INTROSPECTION : 1;
          else cost += this.#ofField(field, `${type?.name}.${name.value}`, args, selectionSet, bounded);
        }
      }
    }
    return cost;
  }

  #ofField(
    field: GraphQLField<unknown, unknown>,
    name: string,
    args: readonly ArgumentNode[],
    selectionSet: SelectionSetNode | undefined,
    bounded: boolean,
  ): number {
    const own = CALLS.has(name) ? CALL : 1;
    const size = this.#sizeOf(field, args);
    const list = isListType(isNonNullType(field.type) ? field.type.ofType : field.type);
    const times = size ?? (list && !bounded ? USUAL_LENGTH : 1);
    if (selectionSet === undefined) return own + times - 1;
    // A connection or a lineage: its size is that of the lists in it.
    const inner = this.#ofSelections(selectionSet, getNamedType(field.type), size !== null && !list);
    return own + times * inner;
  }

  #ofFragment(name: string, bounded: boolean): number {
    const fragment = this.#fragments.get(name);
    if (fragment === undefined) return 0;
    const key = `${bounded} ${name}`;
    const known = this.#counted.get(key);
    if (known !== undefined) return known;
    const cost = this.#ofSelections(
      fragment.selectionSet,
      this.#schema.getType(fragment.typeCondition.name.value),
      bounded,
    );
    this.#counted.set(key, cost);
    return cost;
  }

  /** What `first` or `limit` says, or their default; null: the field has neither. */
  #sizeOf(field: GraphQLField<unknown, unknown>, args: readonly ArgumentNode[]): number | null {
    const sizing = field.args.find(({ name }) => name === 'first' || name === 'limit');
    if (sizing === undefined) return null;
    const value = args.find(({ name }) => name.value === sizing.name)?.value;
    const said =
      value?.kind === Kind.INT
        ? Number(value.value)
        : value?.kind === Kind.VARIABLE
          ? this.#variables[value.name.value]
          : sizing.defaultValue;
    // A size that is no number, or below 1, is refused when the field is resolved.
    return typeof said === 'number'
      ? Math.max(1, said)
      : typeof sizing.defaultValue === 'number'
        ? sizing.defaultValue
        : 1;
  }
}

const defaultsOf = ({ variableDefinitions = [] }: OperationDefinitionNode): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue?.kind === Kind.INT ? [[variable.name.value, Number(defaultValue.value)]] : [],
    ),
  );
