import type { EventTimeQuery, LoggedEvent, Refusal, RunEventType } from '#lineage';
import type { EventLogFileOptions, Write, WriteResult } from './event-log-file.ts';
import type { EventTimePlace } from './event-times.ts';
import type { StorageErrorCode } from './storage-error.ts';

/** What the log's thread does, and what it answers. */
export interface Calls {
  append: { request: Extract<Write, { kind: 'append' }>; reply: WriteResult };
  refuse: { request: Extract<Write, { kind: 'refuse' }>; reply: WriteResult };
  read: { request: { kind: 'read'; after: number; limit: number }; reply: readonly LoggedEvent[] };
  find: { request: { kind: 'find'; hashes: readonly string[] }; reply: ReadonlyMap<string, LoggedEvent> };
  head: { request: { kind: 'head' }; reply: number };
  byTime: { request: { kind: 'byTime'; query: EventTimeQuery }; reply: readonly LoggedEvent[] };
  countTimes: {
    request: { kind: 'countTimes'; after: EventTimePlace; before: number | null };
    reply: { readonly events: number; readonly next: EventTimePlace | null };
  };
  countTypes: {
    request: { kind: 'countTypes'; from: number; to: number };
    reply: ReadonlyMap<RunEventType, number>;
  };
  refusals: { request: { kind: 'refusals'; first: number; after: string | null }; reply: readonly Refusal[] };
  refusal: { request: { kind: 'refusal'; ids: readonly string[] }; reply: readonly Refusal[] };
  dropRefusals: { request: { kind: 'dropRefusals'; ids: readonly string[] }; reply: undefined };
  prune: { request: { kind: 'prune'; before: number }; reply: { readonly events: number; readonly more: boolean } };
  close: { request: { kind: 'close' }; reply: undefined };
}

export type CallKind = keyof Calls;
export type Request = Calls[CallKind]['request'];
export type Reply = Calls[CallKind]['reply'];

export interface Call {
  readonly id: number;
  readonly request: Request;
}

/** A StorageError doesn't survive the way between threads with its class; its fields do. */
export interface Failure {
  /** null: no StorageError, a defect. */
  readonly code: StorageErrorCode | null;
  readonly message: string;
}

export type Answer =
  | { readonly id: number; readonly reply: Reply }
  | { readonly id: number; readonly failure: Failure };

/** The first message of a thread, then one array of answers per turn. */
export type Opened = { readonly opened: true } | { readonly opened: false; readonly failure: Failure };

export type WorkerTask =
  | { readonly task: 'serve'; readonly options: EventLogFileOptions }
  | { readonly task: 'copy'; readonly source: string; readonly target: string };
