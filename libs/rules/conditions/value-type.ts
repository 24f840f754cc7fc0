/** Types of the values that conditions handle, as far as they can be known when a rule file is loaded. */

export type ValueType =
  | { readonly kind: Simple }
  | { readonly kind: 'list'; readonly of: ValueType }
  | { readonly kind: 'map'; readonly of: ValueType }
  | { readonly kind: 'record'; readonly fields: Readonly<Record<string, ValueType>> };

export type Simple =
  | 'bool'
  | 'int'
  | 'double'
  | 'string'
  | 'bytes'
  | 'timestamp'
  | 'duration'
  | 'null'
  | 'type'
  | 'any';

const simple = (kind: Simple): ValueType => ({ kind });
export const BOOL: ValueType = simple('bool');
export const INT: ValueType = simple('int');
export const DOUBLE: ValueType = simple('double');
export const STRING: ValueType = simple('string');
export const BYTES: ValueType = simple('bytes');
export const TIMESTAMP: ValueType = simple('timestamp');
export const DURATION: ValueType = simple('duration');
export const NULL: ValueType = simple('null');
export const TYPE: ValueType = simple('type');
/** Only the value itself will tell: what a facet holds. */
export const ANY: ValueType = simple('any');
export const listOf = (of: ValueType): ValueType => ({ kind: 'list', of });
export const mapOf = (of: ValueType): ValueType => ({ kind: 'map', of });
export const record = (fields: Readonly<Record<string, ValueType>>): ValueType => ({ kind: 'record', fields });

/** `a list of string` */
export function sayType(type: ValueType): string {
  switch (type.kind) {
    case 'list':
      return `list of ${sayType(type.of)}`;
    case 'map':
      return `map of ${sayType(type.of)}`;
    case 'record':
      return `record of ${Object.keys(type.fields).join(', ')}`;
    default:
      return type.kind;
  }
}

/** A value of the one type may be asked for where the other is wanted. Whatever may be null is compared with null. */
export function agree(a: ValueType, b: ValueType): boolean {
  if (a.kind === 'any' || b.kind === 'any') return true;
  if (a.kind === 'list' && b.kind === 'list') return agree(a.of, b.of);
  const mapLike = (type: ValueType): boolean => type.kind === 'map' || type.kind === 'record';
  if (mapLike(a) && mapLike(b)) return true;
  return a.kind === b.kind;
}

/** Numbers of both kinds compare with each other; null compares with everything. */
export const comparable = (a: ValueType, b: ValueType): boolean =>
  agree(a, b) || a.kind === 'null' || b.kind === 'null' || (isNumber(a) && isNumber(b));

export const isNumber = ({ kind }: ValueType): boolean => kind === 'int' || kind === 'double';

/** The type of what is one or the other. */
export const either = (a: ValueType, b: ValueType): ValueType =>
  a.kind === b.kind && agree(a, b) ? a : a.kind === 'null' ? b : b.kind === 'null' ? a : ANY;
