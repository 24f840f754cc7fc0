/** An open condition on a subject, from breach to recovery, as people handle it. */

/** As in GraphQL. */
export type IncidentState = 'OPEN' | 'ACKNOWLEDGED' | 'SNOOZED' | 'RESOLVED';

/** Who did what, and when. `headwater` is ourselves. */
export interface IncidentEntry {
  readonly at: number;
  readonly who: string;
  readonly did:
    | 'opened'
    | 'folded'
    | 'unfolded'
    | 'recovered'
    | 'acknowledged'
    | 'assigned'
    | 'snoozed'
    | 'woken'
    | 'resolved';
  readonly note: string | null;
}

/** A breach downstream that this incident explains. */
export interface FoldedBreach {
  readonly rule: string;
  readonly subject: string;
  readonly kind: string;
  readonly since: number;
  /** null: it still holds. */
  readonly recoveredAt: number | null;
}

export interface Incident {
  readonly id: string;
  readonly rule: string;
  readonly subject: string;
  readonly kind: string;
  readonly state: IncidentState;
  /** When the breach began, event time. */
  readonly since: number;
  /** When it was decided. */
  readonly openedAt: number;
  readonly resolvedAt: number | null;
  readonly assignee: string | null;
  readonly snoozedUntil: number | null;
  /** By (subject, rule). */
  readonly folded: readonly FoldedBreach[];
  /** By time. */
  readonly timeline: readonly IncidentEntry[];
}

export const HEADWATER = 'headwater';

/** What people can do with an incident. */
export type IncidentCommand =
  | { readonly do: 'acknowledge'; readonly note: string | null }
  | { readonly do: 'assign'; readonly to: string }
  | { readonly do: 'snooze'; readonly until: number }
  | { readonly do: 'resolve'; readonly reason: string };

export type Handled =
  | { readonly ok: true; readonly incident: Incident }
  | { readonly ok: false; readonly reason: string };

/** The incident after somebody handled it, or why that can't be. */
export function handle(incident: Incident, command: IncidentCommand, who: string, at: number): Handled {
  if (incident.state === 'RESOLVED')
    return { ok: false, reason: `${incident.id} is resolved already; a new breach opens a new one` };
  switch (command.do) {
    case 'acknowledge': {
      const entry = { at, who, did: 'acknowledged', note: command.note } as const;
      return done({ ...withEntry(incident, entry), state: 'ACKNOWLEDGED', snoozedUntil: null });
    }
    case 'assign':
      if (command.to.trim() === '') return { ok: false, reason: 'to is empty; name a person' };
      return done({ ...withEntry(incident, { at, who, did: 'assigned', note: command.to }), assignee: command.to });
    case 'snooze': {
      if (command.until <= at) return { ok: false, reason: 'until is past; name a time to come' };
      const entry = { at, who, did: 'snoozed', note: new Date(command.until).toISOString() } as const;
      return done({ ...withEntry(incident, entry), state: 'SNOOZED', snoozedUntil: command.until });
    }
    case 'resolve':
      if (command.reason.trim() === '') return { ok: false, reason: 'reason is empty; say why it is over' };
      return done(resolved(incident, at, who, command.reason));
  }
}

const done = (incident: Incident): Handled => ({ ok: true, incident });

/** It is over: by recovery, by folding, or because somebody says so. */
export const resolved = (incident: Incident, at: number, who: string, note: string): Incident => ({
  ...withEntry(incident, { at, who, did: 'resolved', note }),
  state: 'RESOLVED',
  resolvedAt: at,
  snoozedUntil: null,
});

/** The snooze is over. */
export const woken = (incident: Incident, at: number): Incident => ({
  ...withEntry(incident, { at, who: HEADWATER, did: 'woken', note: null }),
  state: 'OPEN',
  snoozedUntil: null,
});

/** Entries of one time stand in one order, in whatever order they came; none twice. */
export function withEntries(incident: Incident, entries: readonly IncidentEntry[]): Incident {
  const key = ({ at, did, note, who }: IncidentEntry): string => `${did}\n${note ?? ''}\n${who}\n${at}`;
  const held = new Map(incident.timeline.map((entry) => [key(entry), entry]));
  const before = held.size;
  for (const entry of entries) if (!held.has(key(entry))) held.set(key(entry), entry);
  if (held.size === before) return incident;
  const timeline = [...held].sort(
    ([a, one], [b, other]) => one.at - other.at || rank(one) - rank(other) || compare(a, b),
  );
  return { ...incident, timeline: timeline.map(([, entry]) => entry) };
}

export const withEntry = (incident: Incident, entry: IncidentEntry): Incident => withEntries(incident, [entry]);

const rank = ({ did }: IncidentEntry): number => (did === 'opened' ? 0 : did === 'resolved' ? 2 : 1);

/** By code units, as everything here. */
export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
