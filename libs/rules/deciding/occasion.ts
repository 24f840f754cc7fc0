/** What makes rules decide: a change of the feed, or a deadline that came. */

/** A change as rules see it; the changes of the feed are such. */
export interface ObservedChange {
  /** Of the feed; null: no change of the feed but a deadline. */
  readonly sequence: number | null;
  readonly kind: string;
  readonly subject: string;
  /** When it holds in the graph, event time, ms. */
  readonly at: number;
  /** When the hub applied it, ms. */
  readonly seen: number;
  readonly text: string;
  readonly breaking: boolean | null;
  readonly corrected: boolean;
  readonly before: unknown;
  readonly after: unknown;
  /** Ids of what is affected downstream, where it was worked out. */
  readonly hit?: readonly string[];
}

/** Something that should have happened by `due` and didn't. */
export interface Deadline {
  readonly kind: string;
  readonly subject: string;
  /** ms */
  readonly due: number;
  /** When it was found, ms. */
  readonly found: number;
  readonly text: string;
}

/** One reason to decide. Its key makes decisions exactly-once: a second one with the same key is the same. */
export interface Occasion {
  readonly key: string;
  readonly change: ObservedChange;
}

export const occasionOfChange = (change: ObservedChange & { readonly sequence: number }): Occasion => ({
  key: `change:${change.sequence}`,
  change,
});

export const occasionOfDeadline = ({ kind, subject, due, found, text }: Deadline): Occasion => ({
  key: `deadline:${kind}:${due}:${subject}`,
  change: {
    sequence: null,
    kind,
    subject,
    at: due,
    seen: found,
    text,
    breaking: null,
    corrected: false,
    before: null,
    after: null,
  },
});
