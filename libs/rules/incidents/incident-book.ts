/**
 * Which breaches hold, and which incident each is part of. A breach whose cause is upstream is part of its cause's
 * incident: one late source is one incident, however many tables are late because of it.
 *
 * ```
 * raw ──▶ staging ──▶ mart ──▶ report          each late because raw is: causes point left
 * breaches     raw   staging←raw   mart←raw   report←mart
 * incident     one, of raw; staging, mart and report are folded into it
 *
 * raw recovers                                  its incident is over; staging and mart wait for a while (`SETTLING`)
 * staging recovers in time, mart doesn't        mart is decided anew, as a breach of its own; report stays with mart
 * ```
 *
 * Which incident a breach is part of is worked out from the set of breaches alone, so breaches of one time may come in
 * any order. The book is a value; it holds what is open, so it is as small as the trouble is.
 */
import { breachesEndedBy } from '../language/change-kinds.ts';
import {
  compare,
  type FoldedBreach,
  HEADWATER,
  handle,
  type Incident,
  type IncidentCommand,
  resolved,
  withEntry,
  woken,
} from './incident.ts';

/** How long what is downstream may take to recover after its cause did, ms. */
export const SETTLING = 3_600_000;

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

export interface IncidentBook {
  /** By rule and subject: one each. */
  readonly breaches: ReadonlyMap<string, Breach>;
  /** By rule and subject of the breach that they are about. Resolved ones only while that breach still holds. */
  readonly incidents: ReadonlyMap<string, Incident>;
}

export const EMPTY_BOOK: IncidentBook = { breaches: new Map(), incidents: new Map() };

/**
 * What happened to an incident: `opened` and `resolved` are told (`incident.opened`, `incident.resolved`). One that was
 * folded into another and comes apart from it again is opened again, by its old id and with a new timeline.
 */
export interface IncidentStep {
  readonly did: 'opened' | 'changed' | 'resolved';
  readonly incident: Incident;
}

export interface Turned {
  readonly book: IncidentBook;
  readonly steps: readonly IncidentStep[];
}

export const breachKey = (rule: string, subject: string): string => JSON.stringify([rule, subject]);

/**
 * A breach holds. One that is known goes on, as the first time; only its kind may get worse. After its incident was
 * resolved by hand it is a new one, and so is one whose cause has just recovered.
 */
export function breached(book: IncidentBook, breach: Omit<Breach, 'waitsUntil'>): Turned {
  const key = breachKey(breach.rule, breach.subject);
  const known = book.breaches.get(key);
  const isNew = known === undefined || known.waitsUntil !== null || book.incidents.get(key)?.state === 'RESOLVED';
  const cause = breach.cause === null || causeWaits(book, breach.cause, breach.rule) ? null : breach.cause;
  const next: Breach = isNew ? { ...breach, cause, waitsUntil: null } : { ...known, kind: breach.kind, cause };
  const incidents = new Map(book.incidents);
  if (isNew) incidents.delete(key);
  const breaches = new Map(book.breaches).set(key, next);
  return rearrange({ breaches, incidents }, { ...book, incidents }, breach.at);
}

/** A change of this kind came for the subject: the breaches that it ends are over. */
export function recovered(book: IncidentBook, subject: string, kind: string, at: number, settling = SETTLING): Turned {
  const ended = breachesEndedBy(kind);
  const gone = [...book.breaches].filter(([, one]) => one.subject === subject && ended.includes(one.kind));
  if (gone.length === 0) return { book, steps: [] };
  const breaches = new Map(book.breaches);
  for (const [key] of gone) breaches.delete(key);
  const stillCause = [...breaches.values()].some((one) => one.subject === subject);
  if (!stillCause) {
    for (const [key, one] of breaches)
      if (one.cause === subject && one.waitsUntil === null) breaches.set(key, { ...one, waitsUntil: at + settling });
  }
  return rearrange({ ...book, breaches }, book, at);
}

/** Somebody handles an incident; a text: why that can't be. */
export function handled(
  book: IncidentBook,
  id: string,
  command: IncidentCommand,
  who: string,
  at: number,
): Turned | string {
  const entry = [...book.incidents].find(([, one]) => one.id === id);
  if (entry === undefined) return `there is no open incident ${id}`;
  const [key, incident] = entry;
  const result = handle(incident, command, who, at);
  if (!result.ok) return result.reason;
  const step = {
    did: result.incident.state === 'RESOLVED' ? 'resolved' : 'changed',
    incident: result.incident,
  } as const;
  return { book: { ...book, incidents: new Map(book.incidents).set(key, result.incident) }, steps: [step] };
}

/** When time alone will change something next; null: never. */
export function nextIncidentDeadline({ breaches, incidents }: IncidentBook): number | null {
  const times = [...breaches.values()].flatMap(({ waitsUntil }) => waitsUntil ?? []);
  const wakes = [...incidents.values()].flatMap(({ snoozedUntil }) => snoozedUntil ?? []);
  const all = [...times, ...wakes];
  return all.length === 0 ? null : Math.min(...all);
}

/**
 * What time brought by `at`: snoozed incidents wake, and breaches that waited for their cause's recovery in vain are
 * given back, out of the book, to be decided anew. By (since, subject, rule).
 */
export function elapsed(book: IncidentBook, at: number): Turned & { readonly due: readonly Breach[] } {
  const due = [...book.breaches.values()].filter(({ waitsUntil }) => waitsUntil !== null && waitsUntil <= at);
  const breaches = new Map(book.breaches);
  for (const { rule, subject } of due) breaches.delete(breachKey(rule, subject));
  const steps: IncidentStep[] = [];
  const incidents = new Map(book.incidents);
  for (const [key, incident] of incidents) {
    if (incident.snoozedUntil === null || incident.snoozedUntil > at) continue;
    const awake = woken(incident, at);
    incidents.set(key, awake);
    steps.push({ did: 'changed', incident: awake });
  }
  const turned = rearrange({ breaches, incidents }, { ...book, incidents }, at);
  due.sort((a, b) => a.since - b.since || compare(a.subject, b.subject) || compare(a.rule, b.rule));
  return { book: turned.book, steps: [...steps, ...turned.steps], due };
}

/** The open incident of a rule and a subject; null: none, or it is part of another. */
export function incidentOf({ incidents }: IncidentBook, rule: string, subject: string): Incident | null {
  const incident = incidents.get(breachKey(rule, subject));
  return incident === undefined || incident.state === 'RESOLVED' ? null : incident;
}

/** The incident that explains breaches caused by this subject; null: nothing about it is open. */
export function incidentExplaining(book: IncidentBook, cause: string, rule: string): Incident | null {
  const bySubject = subjectsOf(book.breaches);
  const parent = parentAmong(bySubject.get(cause), rule);
  if (parent === null) return null;
  const root = rootOf(parent, bySubject);
  return root.waitsUntil === null ? (book.incidents.get(breachKey(root.rule, root.subject)) ?? null) : null;
}

/** What explains it has lost its own cause, and may be over any moment. */
function causeWaits({ breaches }: IncidentBook, cause: string, rule: string): boolean {
  const bySubject = subjectsOf(breaches);
  const parent = parentAmong(bySubject.get(cause), rule);
  return parent !== null && rootOf(parent, bySubject).waitsUntil !== null;
}

type BySubject = ReadonlyMap<string, readonly Breach[]>;

function subjectsOf(breaches: IncidentBook['breaches']): BySubject {
  const found = new Map<string, Breach[]>();
  for (const breach of breaches.values()) {
    const others = found.get(breach.subject);
    if (others === undefined) found.set(breach.subject, [breach]);
    else others.push(breach);
  }
  return found;
}

/** Of several breaches of the cause: that of the same rule, else of the first rule by name. */
function parentAmong(breaches: readonly Breach[] | undefined, rule: string): Breach | null {
  if (breaches === undefined) return null;
  const same = breaches.find((one) => one.rule === rule);
  return same ?? breaches.reduce((least, one) => (compare(one.rule, least.rule) < 0 ? one : least));
}

/** Follows causes up. Round a cycle (legal between continuous jobs) the first breach by key is the root. */
function rootOf(breach: Breach, bySubject: BySubject): Breach {
  const path: Breach[] = [];
  for (let at: Breach | null = breach; at !== null; ) {
    const seen = path.indexOf(at);
    if (seen >= 0) {
      const cycle = path.slice(seen);
      return cycle.reduce((least, one) => (compare(keyOf(one), keyOf(least)) < 0 ? one : least));
    }
    path.push(at);
    const parent: Breach | null = at.cause === null ? null : parentAmong(bySubject.get(at.cause), at.rule);
    if (parent === null) return at;
    at = parent;
  }
  return breach;
}

const keyOf = ({ rule, subject }: Breach): string => breachKey(rule, subject);

/** Works out anew which incidents there are, and tells the difference from before. */
function rearrange(next: IncidentBook, before: IncidentBook, at: number): Turned {
  const bySubject = subjectsOf(next.breaches);
  const members = new Map<string, Breach[]>();
  for (const breach of next.breaches.values()) {
    const root = rootOf(breach, bySubject);
    const key = keyOf(root);
    const others = members.get(key) ?? [];
    if (breach !== root) others.push(breach);
    members.set(key, others);
  }
  const incidents = new Map<string, Incident>();
  const steps: IncidentStep[] = [];
  for (const [key, folded] of members) {
    const root = next.breaches.get(key);
    // A root that waits has no incident: its cause's is over, and its own begins when it has waited in vain.
    if (root === undefined || root.waitsUntil !== null) continue;
    const known = before.incidents.get(key);
    const own = known === undefined ? opened(root) : known.kind === root.kind ? known : { ...known, kind: root.kind };
    const incident = withFolded(own, folded, next.breaches, at);
    incidents.set(key, incident);
    if (incident !== known) steps.push({ did: known === undefined ? 'opened' : 'changed', incident });
  }
  for (const [key, incident] of before.incidents) {
    if (incidents.has(key) || incident.state === 'RESOLVED') continue;
    const breach = next.breaches.get(key);
    const note =
      breach === undefined ? 'recovered' : `folded into the incident of ${rootOf(breach, bySubject).subject}`;
    const rest = breach === undefined ? withFolded(incident, [], next.breaches, at) : incident;
    steps.push({ did: 'resolved', incident: resolved(rest, at, HEADWATER, note) });
  }
  return { book: { breaches: next.breaches, incidents }, steps };
}

const opened = ({ incident, rule, subject, kind, since, at }: Breach): Incident => ({
  id: incident,
  rule,
  subject,
  kind,
  state: 'OPEN',
  since,
  openedAt: at,
  resolvedAt: null,
  assignee: null,
  snoozedUntil: null,
  folded: [],
  timeline: [{ at, who: HEADWATER, did: 'opened', note: kind }],
});

/** With the breaches that are part of it now, and those that were and recovered. The same object where nothing is new. */
function withFolded(
  incident: Incident,
  members: readonly Breach[],
  breaches: IncidentBook['breaches'],
  at: number,
): Incident {
  let next = incident;
  let changed = false;
  const folded = new Map(incident.folded.map((one) => [breachKey(one.rule, one.subject), one]));
  const inside = new Set(members.map(keyOf));
  for (const [key, one] of folded) {
    if (one.recoveredAt !== null || inside.has(key)) continue;
    changed = true;
    if (breaches.has(key)) {
      folded.delete(key);
      next = withoutMember(next, sayMember(one), at);
    } else {
      folded.set(key, { ...one, recoveredAt: at });
      next = withEntry(next, { at, who: HEADWATER, did: 'recovered', note: sayMember(one) });
    }
  }
  for (const member of members) {
    const key = keyOf(member);
    const known = folded.get(key);
    if (known !== undefined && known.recoveredAt === null && known.kind === member.kind) continue;
    const { rule, subject, kind, since } = member;
    changed = true;
    folded.set(key, { rule, subject, kind, since, recoveredAt: null });
    next = withEntry(next, { at, who: HEADWATER, did: 'folded', note: sayMember(member) });
  }
  return changed ? { ...next, folded: [...folded.values()].sort(bySubjectAndRule) } : incident;
}

const sayMember = ({ subject, rule }: { readonly subject: string; readonly rule: string }): string =>
  `${subject} (${rule})`;

/** It turned out to have another cause. What came and went at one time was never here. */
function withoutMember(incident: Incident, member: string, at: number): Incident {
  const timeline = incident.timeline.filter(
    (entry) => entry.at !== at || entry.did !== 'folded' || entry.note !== member,
  );
  if (timeline.length < incident.timeline.length) return { ...incident, timeline };
  return withEntry(incident, { at, who: HEADWATER, did: 'unfolded', note: member });
}

const bySubjectAndRule = (a: FoldedBreach, b: FoldedBreach): number =>
  compare(a.subject, b.subject) || compare(a.rule, b.rule);
