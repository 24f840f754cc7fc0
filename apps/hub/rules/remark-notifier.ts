/** Annotations and tags that rules put on their subject: through the pipeline, as people's are, signed `rule:NAME`. */
import { type GraphStore, LOCAL_VIEWER } from '#lineage';
import { type Pipeline, reachOf } from '#pipeline';
import type { Delivery, Notifier, NotifyOutcome } from '#rules';

export interface RemarkNotifierParts {
  readonly store: GraphStore;
  readonly pipeline: Pick<Pipeline, 'remark'>;
}

/**
 * On the subject; `downstream` is shown on what is made of it too, for as long as the lineage is so; `upstream` is put on
 * each of what it is made of now, since nothing is carried against the data. The delivery's id is the key, so that an
 * attempt that is made again is no second remark.
 */
export class RemarkNotifier implements Notifier {
  readonly #parts: RemarkNotifierParts;

  constructor(parts: RemarkNotifierParts) {
    this.#parts = parts;
  }

  async notify({ id, action, rule, subject }: Delivery): Promise<NotifyOutcome> {
    if (action.do !== 'annotate' && action.do !== 'tag') return failed(`a remark can't do ${action.do}`);
    const said =
      action.do === 'annotate'
        ? ({ kind: 'ANNOTATION', text: action.text, expiresAt: action.expiresAt } as const)
        : ({ kind: 'TAG', text: action.tag, expiresAt: null } as const);
    const carried = action.on === 'downstream';
    try {
      for (const on of action.on === 'upstream' ? [subject, ...(await this.#upstreamOf(subject))] : [subject]) {
        const key = on === subject ? id : `${id} ${on}`;
        const outcome = await this.#parts.pipeline.remark({ ...said, subject: on, carried, by: `rule:${rule}`, key });
        if (outcome === null) return failed('this store keeps no annotations and no tags');
        if (outcome.kind === 'refused') return failed(outcome.reason);
      }
      return { did: 'delivered', status: null };
    } catch (error) {
      return {
        did: 'retry',
        status: null,
        error: error instanceof Error ? error.message : String(error),
        after: null,
      };
    }
  }

  async #upstreamOf(subject: string): Promise<readonly string[]> {
    const reader = this.#parts.store.reader(LOCAL_VIEWER);
    return (await reachOf(reader, { of: subject, direction: 'UPSTREAM', by: 'TABLES' })).ids;
  }
}

const failed = (error: string): NotifyOutcome => ({ did: 'failed', status: null, error });
