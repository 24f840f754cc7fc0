/** Tags of events and of people, of which some came along the lineage. */
import { type Tag, tagsOf, tagsOn } from '#lineage';
import type { RemarkOn } from '#pipeline';
import type { GraphReads } from '../graph-reads.ts';

export interface ShownTag extends Tag {
  /** Where it was first put, when it came along the lineage. */
  readonly origin: string | null;
}

/** Those of events are where they were put. */
export const toldTags = (tags: readonly Tag[]): readonly ShownTag[] => tags.map((tag) => ({ ...tag, origin: null }));

/** Of a dataset or job; those of a dataset's fields are among them, with their field. */
export async function tagsOfAsset(asset: string, reads: GraphReads): Promise<readonly ShownTag[]> {
  const [facets, { items }] = await Promise.all([reads.meaning(asset), reads.remarks(asset)]);
  return [...toldTags(tagsOf(facets)), ...peoplesTags(items)];
}

export async function tagsOfField(dataset: string, field: string, reads: GraphReads): Promise<readonly ShownTag[]> {
  const [facets, { items }] = await Promise.all([reads.meaning(dataset), reads.remarks(dataset)]);
  return [...toldTags(tagsOn(facets, field)), ...peoplesTags(items.filter((item) => item.field === field))];
}

/** What is put on the node itself goes before what came to it; of several origins each is shown. */
function peoplesTags(items: readonly RemarkOn[]): readonly ShownTag[] {
  return items
    .filter(({ remark }) => remark.kind === 'TAG')
    .map(({ remark, field, origin }) => ({
      key: remark.text,
      value: null,
      source: remark.by.startsWith('rule:') ? remark.by : `person:${remark.by}`,
      field,
      origin,
    }))
    .sort((a, b) => Number(a.origin !== null) - Number(b.origin !== null) || compare(a.key, b.key));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
