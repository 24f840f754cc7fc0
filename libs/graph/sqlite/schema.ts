/**
 * The tables of the embedded graph, and how an older file becomes a newer one.
 *
 * Stamps are two integers: `…_t`, event time in ms, and `…_k`, the first 48 bits of the event's hash, which order events
 * of one instant. Names, edges and sets of edges are interned: everything else refers to them by integer.
 */
import type { Database } from './database.ts';
import { RARE_CHANGES_INDEX } from './rare-changes.ts';
import { SEARCH_TABLE } from './read/search-index.ts';

/** Raised with each entry of UPGRADES. A file with a newer number is refused: this code can't know what it means. */
export const SCHEMA_VERSION = 2;

export class NewerSchema extends Error {
  override readonly name = 'NewerSchema';
}

const REMARKS = `
-- What people.db says of nodes and fields (field '': the node itself), by its numbers.
CREATE TABLE remark (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name INTEGER NOT NULL, field TEXT NOT NULL, text TEXT NOT NULL, carried INTEGER NOT NULL,
  said_by TEXT NOT NULL, said_at INTEGER NOT NULL, expires_at INTEGER, key TEXT, removed_by TEXT, removed_at INTEGER
);
CREATE INDEX remark_name ON remark(name) WHERE removed_at IS NULL;
CREATE INDEX remark_carried ON remark(id) WHERE carried = 1 AND removed_at IS NULL;
CREATE INDEX remark_key ON remark(key) WHERE key IS NOT NULL;
`;

const EXPECTATIONS = `
-- What is expected: what was told of each thing that is watched, and when to look again (never too late, perhaps too early).
CREATE TABLE expectation (watch TEXT NOT NULL, subject TEXT NOT NULL, memory TEXT, deadline INTEGER, PRIMARY KEY (watch, subject)) WITHOUT ROWID;
CREATE INDEX expectation_deadline ON expectation(deadline) WHERE deadline IS NOT NULL;
-- What rules say of jobs' runs, by job id.
CREATE TABLE declared_runs (job TEXT PRIMARY KEY, declared TEXT NOT NULL) WITHOUT ROWID;
-- In which five minutes of each hour a source was heard, by arrival: the first in the lowest bit.
CREATE TABLE heard (source TEXT NOT NULL, hour INTEGER NOT NULL, slots INTEGER NOT NULL, PRIMARY KEY (source, hour)) WITHOUT ROWID;
`;

const TABLES = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;

-- Accepted events, as far as the graph refers to them.
CREATE TABLE event (position INTEGER PRIMARY KEY, k INTEGER NOT NULL, hash BLOB NOT NULL, t INTEGER NOT NULL, run INTEGER NOT NULL, received_at INTEGER NOT NULL);
CREATE INDEX event_k ON event(k);
CREATE INDEX event_run ON event(run, t) WHERE run > 0;

-- Every (namespace, name) that any event speaks of; first_t is null where none is about it. root: the node it is part of;
-- life: whose drops and uses cut its edges: the node's, or its own where it was renamed away.
CREATE TABLE name (
  id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  first_t INTEGER, last_t INTEGER, root INTEGER NOT NULL, life INTEGER NOT NULL, tracked INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX name_text ON name(kind, name, namespace);
CREATE INDEX name_list ON name(kind, namespace, name) WHERE first_t IS NOT NULL;
CREATE INDEX name_members ON name(root) WHERE root <> id;
CREATE INDEX name_first ON name(kind, root, first_t) WHERE first_t IS NOT NULL;
CREATE TABLE spelling (name INTEGER NOT NULL, kind INTEGER NOT NULL, namespace TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (name, namespace, text)) WITHOUT ROWID;
CREATE INDEX spelling_text ON spelling(kind, text, namespace);
CREATE TABLE source (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

-- Runs. Statement stamps decide first and last writers; the columns from status on are derived from the others.
CREATE TABLE run (
  id INTEGER PRIMARY KEY, job INTEGER NOT NULL, run_id TEXT NOT NULL, received_at INTEGER NOT NULL,
  start_t INTEGER NOT NULL, start_k INTEGER NOT NULL, last_t INTEGER NOT NULL,
  said_type TEXT, said_content TEXT, said_window REAL, said_t INTEGER, said_k INTEGER,
  parent_job INTEGER, parent_run TEXT, parent_t INTEGER, parent_k INTEGER,
  root_job INTEGER, root_run TEXT, root_t INTEGER, root_k INTEGER,
  nominal_start INTEGER, nominal_end INTEGER, nominal_t INTEGER, nominal_k INTEGER,
  error TEXT, error_t INTEGER, error_k INTEGER,
  complete_first INTEGER, complete_last INTEGER, fail_last INTEGER, abort_last INTEGER,
  last_type TEXT, last_type_t INTEGER, seen_types INTEGER NOT NULL DEFAULT 0,
  type TEXT NOT NULL, content TEXT NOT NULL, status TEXT NOT NULL, done INTEGER, stated INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX run_key ON run(job, run_id);
CREATE INDEX run_id ON run(run_id);
CREATE INDEX run_start ON run(job, start_t);
CREATE INDEX run_stated ON run(job, start_t, start_k) WHERE stated = 1;
CREATE INDEX run_typed ON run(job, start_t, said_t, said_k) WHERE said_type IS NOT NULL;
CREATE INDEX run_parent ON run(job, parent_run) WHERE parent_run IS NOT NULL;
-- jobType statements of JobEvents.
CREATE TABLE declared_type (job INTEGER NOT NULL, t INTEGER NOT NULL, k INTEGER NOT NULL, type TEXT NOT NULL, content TEXT NOT NULL, window REAL, PRIMARY KEY (job, t, k)) WITHOUT ROWID;

-- Timelines and what was said in them.
CREATE TABLE timeline (
  id INTEGER PRIMARY KEY, mode TEXT NOT NULL, owner INTEGER, source INTEGER NOT NULL, direction TEXT NOT NULL,
  output INTEGER, scope TEXT, failed_of INTEGER, longest INTEGER NOT NULL DEFAULT 0, sealed INTEGER
);
CREATE INDEX timeline_owner ON timeline(owner);
-- Few jobs tell which input goes where, and each walk through a job asks.
CREATE INDEX timeline_pairs ON timeline(owner) WHERE direction = 'PAIRS';
-- open: how many timelines hold it open. shown_src, shown_dst: the nodes between which it counts as current.
CREATE TABLE edge (
  id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, src INTEGER NOT NULL, dst INTEGER NOT NULL, open INTEGER NOT NULL DEFAULT 0,
  shown_src INTEGER, shown_dst INTEGER
);
CREATE UNIQUE INDEX edge_out ON edge(src, kind, dst);
CREATE INDEX edge_in ON edge(dst, kind, src);
-- The current graph between nodes, names resolved and the dead left out: n observed edges make each. What a walk reads.
CREATE TABLE current_edge (src INTEGER NOT NULL, kind INTEGER NOT NULL, dst INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (src, kind, dst)) WITHOUT ROWID;
CREATE INDEX current_edge_in ON current_edge(dst, kind, src);
CREATE TABLE column_edge (
  id INTEGER PRIMARY KEY, job INTEGER NOT NULL, src INTEGER NOT NULL, src_field TEXT NOT NULL, dst INTEGER NOT NULL, dst_field TEXT NOT NULL,
  type TEXT NOT NULL, subtype TEXT NOT NULL, open INTEGER NOT NULL DEFAULT 0
);
-- What was noted beside the columns of one statement (descriptions, masking), interned, and when a timeline said so last.
CREATE TABLE note (timeline INTEGER NOT NULL, content INTEGER NOT NULL, t INTEGER NOT NULL, k INTEGER NOT NULL, PRIMARY KEY (timeline, content)) WITHOUT ROWID;
CREATE INDEX column_edge_out ON column_edge(src, src_field);
CREATE UNIQUE INDEX column_edge_in ON column_edge(dst, dst_field, src, src_field, type, subtype, job);
-- Sets of edges (or of column edges), interned: bytes of ascending uint32.
CREATE TABLE eset (id INTEGER PRIMARY KEY, k INTEGER NOT NULL, elements BLOB NOT NULL);
CREATE INDEX eset_k ON eset(k);
CREATE TABLE said (
  run INTEGER NOT NULL, timeline INTEGER NOT NULL, hour INTEGER NOT NULL, eset INTEGER NOT NULL,
  first_t INTEGER NOT NULL, first_k INTEGER NOT NULL, last_t INTEGER NOT NULL, last_k INTEGER NOT NULL, how INTEGER NOT NULL,
  PRIMARY KEY (run, timeline, hour, eset)
) WITHOUT ROWID;
CREATE INDEX said_use ON said(timeline, eset, last_t, last_k);
-- First and last time that a timeline said a set, by statements that count for it.
CREATE TABLE usage (
  timeline INTEGER NOT NULL, eset INTEGER NOT NULL, first_t INTEGER NOT NULL, first_k INTEGER NOT NULL, last_t INTEGER NOT NULL, last_k INTEGER NOT NULL, how INTEGER NOT NULL,
  PRIMARY KEY (timeline, eset)
) WITHOUT ROWID;
-- What statements that retention took were the first and last of, for when evidence is counted anew.
CREATE TABLE sealed_usage (
  timeline INTEGER NOT NULL, eset INTEGER NOT NULL, failed INTEGER NOT NULL,
  first_t INTEGER NOT NULL, first_k INTEGER NOT NULL, last_t INTEGER NOT NULL, last_k INTEGER NOT NULL, how INTEGER NOT NULL,
  PRIMARY KEY (timeline, eset, failed)
) WITHOUT ROWID;
CREATE TABLE execution (
  timeline INTEGER NOT NULL, key TEXT NOT NULL, v INTEGER, ends INTEGER NOT NULL, starts INTEGER NOT NULL, says TEXT NOT NULL,
  PRIMARY KEY (timeline, key)
) WITHOUT ROWID;
CREATE INDEX execution_v ON execution(timeline, v) WHERE v IS NOT NULL;
CREATE INDEX execution_ends ON execution(timeline, ends);
CREATE INDEX execution_starts ON execution(timeline, starts);
CREATE TABLE span (timeline INTEGER NOT NULL, element INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (timeline, element, since)) WITHOUT ROWID;
CREATE INDEX span_until ON span(timeline, until);
CREATE TABLE edge_timeline (element INTEGER NOT NULL, columns INTEGER NOT NULL, timeline INTEGER NOT NULL, PRIMARY KEY (element, columns, timeline)) WITHOUT ROWID;
CREATE TABLE snapshot_part (
  timeline INTEGER NOT NULL, snapshot TEXT NOT NULL, part INTEGER NOT NULL, parts INTEGER NOT NULL, taken_at INTEGER NOT NULL, eset INTEGER NOT NULL,
  t INTEGER NOT NULL, k INTEGER NOT NULL, how INTEGER NOT NULL, note INTEGER, PRIMARY KEY (timeline, snapshot, t, k)
) WITHOUT ROWID;

-- Names: marks, uses (kept for tracked names: those that were ever dropped or renamed away), symlinks, life.
CREATE TABLE mark (
  name INTEGER NOT NULL, run INTEGER NOT NULL, t INTEGER NOT NULL, k INTEGER NOT NULL, kind TEXT NOT NULL, target INTEGER NOT NULL, at INTEGER,
  PRIMARY KEY (name, t, k, kind, target)
) WITHOUT ROWID;
CREATE INDEX mark_run ON mark(run) WHERE run > 0;
CREATE INDEX mark_target ON mark(target) WHERE target > 0;
CREATE TABLE dataset_event (name INTEGER NOT NULL, t INTEGER NOT NULL, k INTEGER NOT NULL, drops INTEGER NOT NULL, PRIMARY KEY (name, t, k)) WITHOUT ROWID;
-- Datasets that runs named in events of a snapshot, whose claims are in no timeline of the run.
CREATE TABLE snapshot_use (name INTEGER NOT NULL, run INTEGER NOT NULL, t INTEGER NOT NULL, writes INTEGER NOT NULL, PRIMARY KEY (name, run)) WITHOUT ROWID;
CREATE INDEX snapshot_use_run ON snapshot_use(run);
CREATE TABLE symlink (name INTEGER NOT NULL, source INTEGER NOT NULL, t INTEGER NOT NULL, k INTEGER NOT NULL, targets TEXT NOT NULL, PRIMARY KEY (name, source));
CREATE TABLE link (name INTEGER NOT NULL, target INTEGER NOT NULL, source INTEGER NOT NULL, PRIMARY KEY (name, target, source)) WITHOUT ROWID;
CREATE INDEX link_target ON link(target);
-- Ids that the settings say are one: target is an alias of name.
CREATE TABLE configured_alias (name INTEGER NOT NULL, target INTEGER NOT NULL, PRIMARY KEY (name, target)) WITHOUT ROWID;
CREATE INDEX configured_alias_target ON configured_alias(target);
-- What people.db says of merges, by its numbers: target is an alias of name until somebody undid it.
CREATE TABLE merge (
  id INTEGER PRIMARY KEY, name INTEGER NOT NULL, target INTEGER NOT NULL, said_by TEXT NOT NULL, said_at INTEGER NOT NULL, reason TEXT,
  undone_by TEXT, undone_at INTEGER, undone_reason TEXT
);
CREATE INDEX merge_name ON merge(name) WHERE undone_at IS NULL;
CREATE INDEX merge_target ON merge(target) WHERE undone_at IS NULL;
CREATE TABLE contested (name INTEGER NOT NULL, target INTEGER NOT NULL, PRIMARY KEY (name, target)) WITHOUT ROWID;
CREATE TABLE dead (life INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (life, since)) WITHOUT ROWID;

-- Contents with versions: schemas, SQL, code locations.
CREATE TABLE content (id INTEGER PRIMARY KEY, k INTEGER NOT NULL, text TEXT);
CREATE INDEX content_k ON content(k);
CREATE TABLE stream (id INTEGER PRIMARY KEY, name INTEGER NOT NULL, kind TEXT NOT NULL, source INTEGER NOT NULL, role TEXT, reader INTEGER);
CREATE INDEX stream_name ON stream(name);
CREATE TABLE stream_said (
  run INTEGER NOT NULL, stream INTEGER NOT NULL, hour INTEGER NOT NULL, content INTEGER NOT NULL,
  first_t INTEGER NOT NULL, first_k INTEGER NOT NULL, last_t INTEGER NOT NULL, last_k INTEGER NOT NULL,
  PRIMARY KEY (run, stream, hour, content)
) WITHOUT ROWID;
CREATE INDEX stream_said_stream ON stream_said(stream);
CREATE TABLE stream_point (stream INTEGER NOT NULL, at INTEGER NOT NULL, t INTEGER NOT NULL, k INTEGER NOT NULL, content INTEGER NOT NULL, begins INTEGER NOT NULL, PRIMARY KEY (stream, at, t, k, content)) WITHOUT ROWID;
CREATE INDEX stream_version ON stream_point(stream, at) WHERE begins = 1;

-- Facets and symlinks have a rowid: without one SQLite reads a row's whole value to compare its key, and one facet of
-- megabytes made each look-up beside it slow.
CREATE TABLE facet (
  owner INTEGER NOT NULL, scope INTEGER NOT NULL, facet TEXT NOT NULL, source INTEGER NOT NULL,
  t INTEGER NOT NULL, k INTEGER NOT NULL, producer TEXT NOT NULL, schema_url TEXT, value TEXT,
  PRIMARY KEY (owner, scope, facet, source)
);
CREATE INDEX facet_name ON facet(facet);
CREATE TABLE run_facet (
  run INTEGER NOT NULL, facet TEXT NOT NULL, source INTEGER NOT NULL, t INTEGER NOT NULL, k INTEGER NOT NULL, producer TEXT NOT NULL, schema_url TEXT, value TEXT,
  PRIMARY KEY (run, facet, source)
);
CREATE TABLE statistics (name INTEGER NOT NULL, run INTEGER NOT NULL, t INTEGER NOT NULL, k INTEGER NOT NULL, rows REAL, bytes REAL, files REAL, PRIMARY KEY (name, run)) WITHOUT ROWID;
CREATE INDEX statistics_t ON statistics(name, t);
CREATE TABLE quality (name INTEGER NOT NULL, run INTEGER NOT NULL, assertion TEXT NOT NULL, field TEXT NOT NULL, t INTEGER NOT NULL, k INTEGER NOT NULL, passed INTEGER NOT NULL, PRIMARY KEY (name, run, assertion, field)) WITHOUT ROWID;
CREATE INDEX quality_t ON quality(name, t);

-- Continuous jobs.
-- beats: heartbeats of the hour, 6 bytes each (the k of their hash), so that a repeat is known without a row an event.
CREATE TABLE activity (job INTEGER NOT NULL, hour INTEGER NOT NULL, observations INTEGER NOT NULL, detail TEXT, beats BLOB, PRIMARY KEY (job, hour)) WITHOUT ROWID;
CREATE TABLE flow (job INTEGER PRIMARY KEY, row TEXT NOT NULL, memory TEXT, deadline INTEGER);
CREATE INDEX flow_deadline ON flow(deadline) WHERE deadline IS NOT NULL;

-- Freshness. Watermarks as they were told; run: 0 for an event of no run; output: the event says that the run writes it.
CREATE TABLE watermark (name INTEGER NOT NULL, t INTEGER NOT NULL, k INTEGER NOT NULL, run INTEGER NOT NULL, output INTEGER NOT NULL, reach INTEGER NOT NULL, PRIMARY KEY (name, t, k)) WITHOUT ROWID;
CREATE INDEX watermark_run ON watermark(run) WHERE run > 0;
-- Datasets whose data time is kept: those with a policy, and what they are made of. All below is about these alone.
CREATE TABLE watched (dataset INTEGER PRIMARY KEY);
CREATE TABLE contribution (key TEXT PRIMARY KEY, dataset INTEGER NOT NULL, moment INTEGER NOT NULL, run INTEGER NOT NULL, body TEXT NOT NULL, value TEXT) WITHOUT ROWID;
CREATE INDEX contribution_of ON contribution(dataset, moment, key);
CREATE INDEX contribution_run ON contribution(run) WHERE run > 0;
CREATE TABLE contribution_input (input INTEGER NOT NULL, seen INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY (input, seen, key)) WITHOUT ROWID;
CREATE TABLE data_time_step (dataset INTEGER NOT NULL, moment INTEGER NOT NULL, step TEXT NOT NULL, PRIMARY KEY (dataset, moment)) WITHOUT ROWID;
-- deadline: when the state changes if nothing new comes.
CREATE TABLE freshness (dataset INTEGER PRIMARY KEY, policies TEXT NOT NULL, memory TEXT, deadline INTEGER);
CREATE INDEX freshness_deadline ON freshness(deadline) WHERE deadline IS NOT NULL;

${EXPECTATIONS}
CREATE TABLE change (
  sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, at INTEGER NOT NULL, seen INTEGER NOT NULL, text TEXT NOT NULL,
  breaking INTEGER, corrected INTEGER NOT NULL, before TEXT, after TEXT, hit TEXT
);
CREATE INDEX change_subject ON change(subject, sequence);
${RARE_CHANGES_INDEX};

${REMARKS}
${SEARCH_TABLE};
`;

/** UPGRADES[n] makes a file of version n + 1 one of version n + 2. */
const UPGRADES: readonly ((db: Database) => void)[] = [
  (db) =>
    db.exec(`
      ${REMARKS} ${EXPECTATIONS}
      ALTER TABLE change ADD COLUMN hit TEXT;
      ${RARE_CHANGES_INDEX};
      -- A line a field: what the writer would have counted.
      INSERT INTO meta(key, value)
      SELECT 'fields', sum(length(fields) - length(replace(fields, char(10), '')) + 1) FROM search WHERE fields <> '' HAVING count(*) > 0;
    `),
];

/** Makes or upgrades the tables in one transaction. @throws NewerSchema */
export function prepareSchema(db: Database): { readonly from: number; readonly to: number } {
  const found = Number(db.get('PRAGMA user_version')?.['user_version'] ?? 0);
  if (found > SCHEMA_VERSION) {
    throw new NewerSchema(
      `the graph file has schema version ${found}, this program knows up to ${SCHEMA_VERSION}: start the newer program, or restore a backup made by this one`,
    );
  }
  if (found < SCHEMA_VERSION) {
    db.transaction(() => {
      if (found === 0) db.exec(TABLES);
      else for (const upgrade of UPGRADES.slice(found - 1)) upgrade(db);
      db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    });
  }
  return { from: found, to: SCHEMA_VERSION };
}
