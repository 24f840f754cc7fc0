/** When the flow of a continuous job counts as bad. All in seconds but `records`. */
export interface FlowLimits {
  /** LAGGING: more records behind than this, over all inputs. null: never by records. */
  readonly records: number | null;
  /** LAGGING: further behind than this. null: never by time. */
  readonly seconds: number | null;
  /**
   * STALLED: a position must have stood at least this long. A rebalance takes a session timeout (45 s by default) plus
   * the join; it must not count.
   */
  readonly stallSeconds: number;
  /** SILENT: never sooner than this, however fast the job usually speaks: a garbage collection is no silence. */
  readonly silentSeconds: number;
  /** How long a word is good for while too few came to know how often they come. */
  readonly unlearntSeconds: number;
  /** Progress that is older than the newest word by more than this decides nothing (nor does less than three intervals). */
  readonly staleSeconds: number;
}

export const DEFAULT_FLOW_LIMITS: FlowLimits = {
  records: 100_000,
  seconds: 300,
  stallSeconds: 60,
  silentSeconds: 10,
  unlearntSeconds: 3600,
  staleSeconds: 900,
};
