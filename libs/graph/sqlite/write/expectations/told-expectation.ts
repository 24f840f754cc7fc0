import { assetId, type ChangeKind, type Name, runNodeId } from '#lineage';

/** A change that an expectation makes, as the feed tells it. */
export interface ToldExpectation {
  readonly kind: ChangeKind;
  /** Node id. */
  readonly subject: string;
  readonly at: number;
  readonly text: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export const runSubject = runNodeId;
export const jobSubject = ({ namespace, name }: Name): string => assetId({ kind: 'job', namespace, name });
/** A source is no node of the graph: its id is its text. */
export const sourceSubject = (source: string): string => `source:${source}`;
