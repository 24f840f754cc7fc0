/** Annotations and tags of people, kept in people.db and held by the graph, or neither. Runs where the writer's thread is. */
import {
  assetId,
  formatInstant,
  type Remark,
  type RemarkOutcome,
  type RemarkRequest,
  type RemovalRequest,
  subjectOf,
} from '#lineage';
import type { HeldMerges } from './held-merges.ts';
import type { KeptRemark, PeopleFile } from './people-file.ts';
import type { EventApplier } from './write/event-applier.ts';
import type { PlannedRemark } from './write/remark-table.ts';

/** Of an annotation, in the sentence that tells it. */
const SHOWN_CHARACTERS = 120;

export class PeopleWords {
  readonly #applier: EventApplier;
  readonly #people: PeopleFile | HeldMerges;
  readonly #transaction: <T>(work: () => T) => T;

  constructor(applier: EventApplier, people: PeopleFile | HeldMerges, transaction: <T>(work: () => T) => T) {
    this.#applier = applier;
    this.#people = people;
    this.#transaction = transaction;
  }

  remark(request: RemarkRequest): RemarkOutcome {
    const planned = this.#applier.remarks.plan(request, this.#people.remarks());
    if (planned.kind === 'refused') return planned;
    if (planned.kind === 'held') return { kind: 'done', remark: this.#told(planned.remark), changes: [] };
    return this.#keep(planned, (remark, words) =>
      this.#applier.tellStatement(
        {
          kind: remark.kind === 'TAG' ? 'tag.added' : 'annotation.added',
          subject: remark.asset,
          text:
            remark.kind === 'TAG'
              ? `${words} was tagged ${remark.text} by ${remark.by}`
              : `${remark.by} annotated ${words}: ${shortened(remark.text)}`,
          after: asValue(remark),
        },
        request.at,
      ),
    );
  }

  removeRemark(request: RemovalRequest): RemarkOutcome {
    const { by, at } = request;
    const planned = this.#applier.remarks.planRemoval(request, this.#people.remarks());
    if (planned.kind === 'refused') return planned;
    return this.#keep(planned, (remark, words) =>
      this.#applier.tellStatement(
        {
          kind: remark.kind === 'TAG' ? 'tag.removed' : 'annotation.removed',
          subject: remark.asset,
          text:
            remark.kind === 'TAG'
              ? `the tag ${remark.text} was taken from ${words} by ${by}`
              : `${by} removed what ${remark.by} had written on ${words}`,
          before: asValue(remark),
          after: { by, at: formatInstant(at) },
        },
        at,
      ),
    );
  }

  /** What people.db takes last is taken back where the graph can't commit it. */
  #keep({ remark, before }: PlannedRemark, tell: (remark: Remark, words: string) => void): RemarkOutcome {
    let kept = false;
    try {
      return this.#transaction(() => {
        this.#applier.remarks.keep(remark);
        const told = this.#told(remark);
        tell(told, this.#words(remark));
        const changes = this.#applier.takeChanges();
        this.#people.keepRemark(remark);
        kept = true;
        return { kind: 'done', remark: told, changes };
      });
    } catch (error) {
      if (kept) this.#people.takeBackRemark(remark.id, before);
      throw error;
    }
  }

  #told(kept: KeptRemark): Remark {
    const { kind, field, text, carried, by, at, expiresAt } = kept;
    const asset = assetId(this.#applier.remarks.nodeOf(kept));
    return { id: String(kept.id), kind, asset, field: field === '' ? null : field, text, carried, by, at, expiresAt };
  }

  /** What it is on, in a sentence. */
  #words(kept: KeptRemark): string {
    const { name } = this.#applier.remarks.nodeOf(kept);
    return kept.field === '' ? name : `${kept.field} of ${name}`;
  }
}

/** As the change feed shows it. */
function asValue({ id, kind, asset, field, text, carried, by, at, expiresAt }: Remark) {
  const common = {
    id,
    subject: subjectOf({ asset, field }),
    by,
    at: formatInstant(at),
    expiresAt: expiresAt === null ? null : formatInstant(expiresAt),
  };
  return kind === 'TAG' ? { ...common, tag: text, propagate: carried } : { ...common, text, downstream: carried };
}

const shortened = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line;
};
