/** A rule's condition that holds on a subject. */
export interface Breach {
  readonly rule: string;
  readonly subject: string;
  readonly kind: string;
  /** When it began, event time. */
  readonly since: number;
  /** When it was decided. */
  readonly at: number;
  /** Of the incident that it opens, should it be its own. */
  readonly incident: string;
  /** The subject upstream that explains it; null: it is its own cause. */
  readonly cause: string | null;
  /** Its cause has recovered, and it has until then; null: it doesn't wait. */
  readonly waitsUntil: number | null;
}

export const breachKey = (rule: string, subject: string): string => JSON.stringify([rule, subject]);

export const keyOf = ({ rule, subject }: Pick<Breach, 'rule' | 'subject'>): string => breachKey(rule, subject);
