/**
 * The canonical form of a Snowflake name (`db.schema.table`, or one identifier such as a column).
 *
 * Snowflake folds what is written without quotes to upper case; ACCESS_HISTORY has names so, dbt's manifest has them as
 * the file was written. So an identifier that needs no quotes is folded, and one that does keeps its case:
 *
 * ```
 * shop.public.orders         SHOP.PUBLIC.ORDERS
 * shop."PUBLIC"."Orders"     SHOP.PUBLIC."Orders"    quotes stay where dropping them would change the meaning
 * shop."my-table"            SHOP.my-table           can't be written without quotes, so its case is its own
 * ```
 *
 * A client that drops the quotes of `"Orders"` has lost the difference before it gets here. Total and idempotent: a
 * name whose quotes don't close is left as it is.
 */
export function snowflakeName(name: string): string {
  if (!name.includes('"')) return UPPER.test(name) ? name : name.split('.').map(foldedIdentifier).join('.');
  const parts: string[] = [];
  let from = 0;
  for (;;) {
    const end = endOfPart(name, from);
    if (end < 0) return name;
    parts.push(canonicalPart(name.slice(from, end)));
    if (end >= name.length) return parts.join('.');
    from = end + 1;
  }
}

const UPPER = /^[A-Z0-9_$.]*$/;
/** What may be written without quotes, and is folded then. */
const UNQUOTED = /^[A-Za-z_][A-Za-z0-9_$]*$/;

const foldedIdentifier = (part: string): string => (UNQUOTED.test(part) ? part.toUpperCase() : part);

/** The dot after the part that begins at `from`, or the end of the name; -1 where the quotes make no sense. */
function endOfPart(name: string, from: number): number {
  if (name.charAt(from) !== '"') {
    const dot = name.indexOf('.', from);
    const end = dot < 0 ? name.length : dot;
    return name.slice(from, end).includes('"') ? -1 : end;
  }
  for (let at = name.indexOf('"', from + 1); at >= 0; at = name.indexOf('"', at + 1)) {
    if (name.charAt(at + 1) === '"') at++;
    else return at + 1 === name.length || name.charAt(at + 1) === '.' ? at + 1 : -1;
  }
  return -1;
}

function canonicalPart(part: string): string {
  if (!part.startsWith('"')) return foldedIdentifier(part);
  const inner = part.slice(1, -1);
  const losesMeaning =
    inner === '' || inner.includes('.') || inner.includes('"') || (UNQUOTED.test(inner) && !UPPER.test(inner));
  return losesMeaning ? part : inner;
}
