/** What is said of datasets, jobs and their fields: there, or upstream and carried along the lineage. */
import {
  type Cut,
  columnFlow,
  dataFlow,
  type FlowStep,
  type GraphReader,
  isInForce,
  offersRemarkReads,
  type Remark,
  reachedFrom,
  subjectOf,
} from '#lineage';

/** As far as a walk looks: edges along the direction, and nodes or fields. Where that ends, its cuts tell. */
export const WALK = { depth: 100, limit: 5_000 } as const;

export interface RemarkOn {
  readonly remark: Remark;
  /** Of the node that was asked about; null: the node itself. */
  readonly field: string | null;
  /** The node or field where it was said, when it came along the lineage. */
  readonly origin: string | null;
}

export interface RemarksOfAsset {
  /** Those in force, newest first. */
  readonly items: readonly RemarkOn[];
  /** Where it was not looked further upstream for carried ones. */
  readonly cut: readonly Cut[];
}

/**
 * In a number of calls that doesn't depend on how many are asked about: own remarks, carried ones, and one walk upstream
 * for each kind of lineage that something is carried along.
 *
 * @param assets ids of datasets and jobs, as the reader gives them
 * @param now ms
 */
export async function remarksOn(
  reader: GraphReader,
  assets: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, RemarksOfAsset>> {
  if (!offersRemarkReads(reader) || assets.length === 0) return new Map();
  const [own, all] = await Promise.all([reader.remarks(assets), reader.carriedRemarks()]);
  const carried = all.filter((remark) => isInForce(remark, now));
  const items = new Map<string, RemarkOn[]>(assets.map((id) => [id, []]));
  for (const [asset, remarks] of own)
    for (const remark of remarks)
      if (isInForce(remark, now)) items.get(asset)?.push({ remark, field: remark.field, origin: null });

  const query = { of: assets, direction: 'UPSTREAM', ...WALK, asOf: null, details: false } as const;
  const cut: Cut[] = [];
  const tables = carried.filter(({ field }) => field === null);
  if (tables.length > 0) {
    const lineage = await reader.lineage(query);
    cut.push(...lineage.cut);
    for (const { remark, to } of arrivals(tables, dataFlow(lineage.edges).steps))
      items.get(to)?.push({ remark, field: null, origin: subjectOf(remark) });
  }
  const columns = carried.filter(({ field }) => field !== null);
  if (columns.length > 0) {
    const lineage = await reader.columnLineage(query);
    cut.push(...lineage.cut);
    const fields = new Map(lineage.fields.map((field) => [field.id, field]));
    for (const { remark, to } of arrivals(columns, columnFlow(lineage.edges).steps)) {
      const field = fields.get(to);
      if (field !== undefined) items.get(field.dataset)?.push({ remark, field: field.name, origin: subjectOf(remark) });
    }
  }
  return new Map([...items].map(([asset, on]) => [asset, { items: on.sort(newestFirst), cut }] as const));
}

/** Each remark with each node that it comes to; walks of one origin are made once. */
function arrivals(
  remarks: readonly Remark[],
  steps: readonly FlowStep[],
): { readonly remark: Remark; readonly to: string }[] {
  const sources = new Set(steps.map(({ from }) => from));
  const reached = new Map<string, readonly string[]>();
  return remarks.flatMap((remark) => {
    const origin = subjectOf(remark);
    if (!sources.has(origin)) return [];
    const known = reached.get(origin) ?? reachedFrom(origin, steps, 'DOWNSTREAM');
    reached.set(origin, known);
    return known.map((to) => ({ remark, to }));
  });
}

const newestFirst = (a: RemarkOn, b: RemarkOn): number => Number(b.remark.id) - Number(a.remark.id);
