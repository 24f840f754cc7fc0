/** What the thread of `decisions.db` is asked. Everything here survives structured cloning. */
import type { Attempt, DecisionQuery, GuardPart, IncidentQuery, ReactCommit } from '#rules';

export type DecisionCall =
  | { readonly op: 'state' | 'close' }
  | { readonly op: 'commit'; readonly commit: ReactCommit }
  | { readonly op: 'guards'; readonly wanted: readonly Pick<GuardPart, 'part' | 'key'>[] }
  | { readonly op: 'due'; readonly now: number; readonly first: number }
  | { readonly op: 'head'; readonly lane: string }
  | { readonly op: 'attempted'; readonly delivery: string; readonly attempt: Attempt }
  | { readonly op: 'redeliver'; readonly delivery: string; readonly now: number }
  | { readonly op: 'decisions'; readonly query: DecisionQuery }
  | { readonly op: 'decision' | 'incident'; readonly ids: readonly string[] }
  | { readonly op: 'deliveries'; readonly decisions: readonly string[] }
  | { readonly op: 'starters'; readonly since: number; readonly most: number }
  | { readonly op: 'askedFor'; readonly deliveries: readonly string[] }
  | { readonly op: 'lastFired'; readonly rules: readonly string[] }
  | { readonly op: 'incidents'; readonly query: IncidentQuery }
  | { readonly op: 'note'; readonly name: string }
  | { readonly op: 'keepNote'; readonly name: string; readonly text: string }
  | { readonly op: 'prune'; readonly before: number }
  | { readonly op: 'backup'; readonly folder: string };

export type DecisionReply =
  | { readonly id: number; readonly ok: true; readonly answer: unknown }
  | { readonly id: number; readonly ok: false; readonly name: string; readonly message: string };
