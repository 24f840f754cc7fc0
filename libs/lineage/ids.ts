import type { AssetKind, AssetName, Direction, Name } from './delta.ts';
import { canonicalDataset, canonicalField, canonicalJob, canonicalRunId } from './names/canonical.ts';

/**
 * Ids as CONTRACT "Ids" has them: `dataset:NAMESPACE:NAME`, `job:NAMESPACE:NAME`, `run:UUID`,
 * `datasetField:NAMESPACE:NAME:FIELD`, with canonical parts as they are. They are made to be read and typed, so they
 * don't escape anything; `dataset:postgres://db:5432:shop.orders` can be cut at four places, and only what is known
 * decides which one is meant: `parseNodeId` gives the candidates.
 *
 * Edges are nobody's to type: `edge:READS:dataset:NAMESPACE:NAME:job:NAMESPACE:NAME` and `columnEdge:…` have `%` and
 * `:` of each part percent-encoded, so they can be cut at one place only and read back exactly.
 */
export type NodeRef =
  | { readonly kind: AssetKind; readonly namespace: string; readonly name: string }
  | { readonly kind: 'datasetField'; readonly namespace: string; readonly name: string; readonly field: string }
  | { readonly kind: 'run'; readonly runId: string };

/** `dataset:NAMESPACE:NAME` or `job:NAMESPACE:NAME`. */
export const assetId = (asset: AssetName): string => `${asset.kind}:${asset.namespace}:${asset.name}`;

/** `run:UUID`. */
export const runNodeId = (runId: string): string => `run:${runId}`;

/** `datasetField:NAMESPACE:NAME:FIELD`. */
export const fieldId = (dataset: Name, field: string): string =>
  `datasetField:${dataset.namespace}:${dataset.name}:${field}`;

/** Above these an id is hostile rather than long; reading one stays cheap. */
const MAX_CANDIDATES = 64;
const MAX_CUTS = 32;

/**
 * The nodes that an id may mean, likeliest first; empty where it is no node id. Each part may be percent-encoded, and a
 * part that merely looks encoded is also offered as it stands. Last come the canonical names of all these: who types
 * `postgresql://DB` need not know how it is kept. The caller takes the first candidate that it knows.
 *
 * ```
 * dataset:postgres://db:5432:shop.orders     (postgres://db:5432, shop.orders)  then the other three cuts
 * dataset:postgres%3A%2F%2Fdb:shop.orders    (postgres://db, shop.orders)       then as it stands, then postgres://db:5432
 * ```
 */
export function parseNodeId(id: string): readonly NodeRef[] {
  const colon = id.indexOf(':');
  const kind = id.slice(0, Math.max(colon, 0));
  const rest = id.slice(colon + 1);
  switch (kind) {
    case 'run':
      return rest === '' ? [] : spellings(rest).map((runId) => ({ kind, runId: canonicalRunId(runId) }));
    case 'dataset':
    case 'job':
      return withCanonical(
        assetCandidates(rest).map(({ namespace, name }) => ({ kind, namespace, name })),
        (ref) => ({ kind, ...(kind === 'dataset' ? canonicalDataset(ref) : canonicalJob(ref)) }),
      );
    case 'datasetField':
      return withCanonical(fieldCandidates(rest), (ref) => {
        const dataset = canonicalDataset(ref);
        return { kind, ...dataset, field: canonicalField(dataset, ref.field) };
      });
    default:
      return [];
  }
}

type FieldRef = Extract<NodeRef, { readonly kind: 'datasetField' }>;

/** The candidates, then the canonical name of each that has another. */
function withCanonical<R extends Name & { readonly field?: string }>(
  refs: readonly R[],
  canonical: (ref: R) => R,
): R[] {
  const others = refs.flatMap((ref) => {
    const other = canonical(ref);
    const isSame = other.namespace === ref.namespace && other.name === ref.name && other.field === ref.field;
    return isSame ? [] : [other];
  });
  return [...refs, ...others];
}

function assetCandidates(rest: string): Name[] {
  const found: Name[] = [];
  for (const cut of cuts(rest)) {
    const namespaces = spellings(rest.slice(0, cut));
    const names = spellings(rest.slice(cut + 1));
    // Who encodes one part encodes the other: both decoded, both as they stand, then the mixed ones.
    const [namespace, rawNamespace] = namespaces;
    const [name, rawName] = names;
    found.push({ namespace, name });
    if (rawNamespace !== undefined && rawName !== undefined) {
      found.push(
        { namespace: rawNamespace, name: rawName },
        { namespace, name: rawName },
        { namespace: rawNamespace, name },
      );
    } else if (rawNamespace !== undefined) found.push({ namespace: rawNamespace, name });
    else if (rawName !== undefined) found.push({ namespace, name: rawName });
    if (found.length >= MAX_CANDIDATES) break;
  }
  return found;
}

function fieldCandidates(rest: string): FieldRef[] {
  const found: FieldRef[] = [];
  // A field seldom holds a colon, a namespace nearly always does: the last colon first.
  for (let cut = rest.lastIndexOf(':'), n = 0; cut > 0 && n < MAX_CUTS; cut = rest.lastIndexOf(':', cut - 1), n++) {
    for (const { namespace, name } of assetCandidates(rest.slice(0, cut))) {
      for (const field of spellings(rest.slice(cut + 1))) {
        found.push({ kind: 'datasetField', namespace, name, field });
        if (found.length >= MAX_CANDIDATES) return found;
      }
    }
  }
  return found;
}

/** Where (namespace, name) may be cut, likeliest first. */
function cuts(rest: string): number[] {
  const all: number[] = [];
  for (let at = rest.indexOf(':'); at >= 0 && all.length < MAX_CUTS; at = rest.indexOf(':', at + 1)) {
    if (at > 0 && at < rest.length - 1) all.push(at);
  }
  const best = likeliestCut(rest);
  return all.includes(best) ? [best, ...all.filter((at) => at !== best)] : all;
}

/**
 * The end of what a namespace that holds colons looks like: a URL up to its port and path, an ARN up to its account.
 * Any other namespace is a word, so that the name begins at the first colon (`pubsub:topic:project:id`).
 */
function likeliestCut(rest: string): number {
  const scheme = rest.indexOf('://');
  const first = rest.indexOf(':');
  if (scheme < 0 || scheme !== first) return rest.startsWith('arn:') ? nthColon(rest, 5) : first;
  for (let at = endOfHost(rest, scheme + 3); at >= 0; at = endOfHost(rest, at + 1)) {
    const next = rest.slice(at + 1, at + 7);
    // A port is part of the namespace, and so is what follows it up to the next colon: more hosts, or a path.
    if (!PORT.test(next)) return at;
  }
  return -1;
}

const PORT = /^(?:\d{1,5}|-1|None)[:,/]/;

/** The first colon outside the brackets of an IPv6 address. */
function endOfHost(text: string, from: number): number {
  const open = text.startsWith('[', from) ? text.indexOf(']', from) : -1;
  return text.indexOf(':', open < 0 ? from : open);
}

function nthColon(text: string, n: number): number {
  let at = -1;
  for (let i = 0; i < n; i++) {
    at = text.indexOf(':', at + 1);
    if (at < 0) return -1;
  }
  return at;
}

/** The decoded part first, then the part as it stands; one spelling where both are the same. */
function spellings(part: string): readonly [string] | readonly [string, string] {
  if (!part.includes('%')) return [part];
  const decoded = decodeUri(part);
  return decoded === null || decoded === part ? [part] : [decoded, part];
}

function decodeUri(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null; // `100%`: a percent sign that begins no escape
  }
}

/** An edge of the graph: its kind and its two ends. */
export interface EdgeKey {
  readonly kind: Direction;
  readonly from: AssetName;
  readonly to: AssetName;
}

/** A column edge: (input field, output field, type, subtype) of the job or dataset that said it, where one is named. */
export interface ColumnEdgeKey {
  readonly owner: AssetName | null;
  readonly from: Name;
  /** '': the whole dataset. */
  readonly fromField: string;
  readonly to: Name;
  readonly toField: string;
  readonly type: string;
  readonly subtype: string;
}

/** `edge:READS:dataset:NAMESPACE:NAME:job:NAMESPACE:NAME`, parts encoded; `parseEdgeId` reads it back. */
export const edgeId = (kind: Direction, from: AssetName, to: AssetName): string =>
  edgeIdBetween(kind, edgeEnd(from), edgeEnd(to));

/** `edgeId` in two steps, for many edges between a few nodes: the texts of their ends are made once. */
export const edgeIdBetween = (kind: Direction, from: string, to: string): string => `edge:${kind}:${from}:${to}`;

/** The edge of an id that `edgeId` made; null for any other text. */
export function parseEdgeId(id: string): EdgeKey | null {
  const [word, kind, fromKind, fromNamespace, fromName, toKind, toNamespace, toName, ...more] = id.split(':', 9);
  if (word !== 'edge' || !isDirection(kind) || more.length > 0) return null;
  const from = assetOf(fromKind, fromNamespace, fromName);
  const to = assetOf(toKind, toNamespace, toName);
  return from === null || to === null ? null : { kind, from, to };
}

/** `columnEdge:NAMESPACE:NAME:FIELD:NAMESPACE:NAME:FIELD:TYPE:SUBTYPE[:job:NAMESPACE:NAME]`, parts encoded. */
export function columnEdgeId(key: ColumnEdgeKey): string {
  const { from, fromField, to, toField, type, subtype, owner } = key;
  const parts = [from.namespace, from.name, fromField, to.namespace, to.name, toField, type, subtype].map(encoded);
  return `columnEdge:${parts.join(':')}${owner === null ? '' : `:${edgeEnd(owner)}`}`;
}

/** The column edge of an id that `columnEdgeId` made; null for any other text. */
export function parseColumnEdgeId(id: string): ColumnEdgeKey | null {
  const [word, ...parts] = id.split(':', 13);
  if (word !== 'columnEdge' || (parts.length !== 8 && parts.length !== 11)) return null;
  const [fromNamespace = '', fromName = '', fromField = '', toNamespace = '', toName = '', toField = ''] =
    parts.map(decoded);
  const [type = '', subtype = ''] = parts.slice(6, 8).map(decoded);
  const owner = parts.length === 11 ? assetOf(parts[8], parts[9], parts[10]) : null;
  if (parts.length === 11 && owner === null) return null;
  const from = { namespace: fromNamespace, name: fromName };
  const to = { namespace: toNamespace, name: toName };
  return { owner, from, fromField, to, toField, type, subtype };
}

/** An end of an edge as it stands in the edge's id. */
export const edgeEnd = (asset: AssetName): string => `${asset.kind}:${encoded(asset.namespace)}:${encoded(asset.name)}`;

function assetOf(kind?: string, namespace?: string, name?: string): AssetName | null {
  if ((kind !== 'dataset' && kind !== 'job') || namespace === undefined || name === undefined) return null;
  return { kind, namespace: decoded(namespace), name: decoded(name) };
}

// Two characters are all that must be hidden; anything more would make the ids harder to read.
const encoded = (part: string): string =>
  part.includes('%') || part.includes(':') ? part.replaceAll('%', '%25').replaceAll(':', '%3A') : part;

const decoded = (part: string): string =>
  part.includes('%') ? part.replaceAll(/%3A/gi, ':').replaceAll('%25', '%') : part;

const DIRECTIONS: Readonly<Record<Direction, true>> = {
  READS: true,
  WRITES: true,
  MAY_READ: true,
  MAY_WRITE: true,
  TRIGGERS: true,
  PARENT: true,
  FEEDS: true,
  PAIRS: true,
  COLUMNS: true,
  PAIR_COLUMNS: true,
};

const isDirection = (kind?: string): kind is Direction => kind !== undefined && Object.hasOwn(DIRECTIONS, kind);
