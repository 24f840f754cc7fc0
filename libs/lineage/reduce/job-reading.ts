import type { AssetName, FacetStatement, Name, StreamStatement } from '../delta.ts';
import { facetStatements } from './facet-statements.ts';
import { get, type JsonObject, objectOf, textOf } from './json.ts';

/** What the facets of one job say of it, whichever event they come in. */
export class JobReading {
  readonly job: AssetName;
  readonly source: string;
  readonly producer: string;
  readonly facets: readonly FacetStatement[];
  readonly streams: readonly StreamStatement[];

  constructor(job: AssetName, source: string, producer: string, facets: JsonObject | null) {
    this.job = job;
    this.source = source;
    this.producer = producer;
    const statements: FacetStatement[] = [];
    facetStatements(statements, 'job', job, facets, source, producer);
    this.facets = statements;
    const streams: StreamStatement[] = [];
    jobStreams(streams, job, facets, source);
    this.streams = streams;
  }

  isOf(job: Name, source: string, producer: string): boolean {
    return (
      this.job.name === job.name &&
      this.job.namespace === job.namespace &&
      this.source === source &&
      this.producer === producer
    );
  }
}

function jobStreams(streams: StreamStatement[], job: AssetName, facets: JsonObject | null, source: string): void {
  const sql = objectOf(get(facets, 'sql'));
  const query = textOf(get(sql, 'query'));
  if (get(sql, '_deleted') === true) streams.push({ kind: 'sql', asset: job, source, role: null, content: null });
  else if (query !== null) {
    streams.push({ kind: 'sql', asset: job, source, role: null, content: JSON.stringify(query) });
  }
  const location = objectOf(get(facets, 'sourceCodeLocation'));
  const place = textOf(get(location, 'url')) ?? textOf(get(location, 'repoUrl')) ?? textOf(get(location, 'path'));
  if (get(location, '_deleted') === true) {
    streams.push({ kind: 'codeLocation', asset: job, source, role: null, content: null });
  } else if (place !== null) {
    const version = textOf(get(location, 'version'));
    const content = JSON.stringify(version === null ? place : `${place}@${version}`);
    streams.push({ kind: 'codeLocation', asset: job, source, role: null, content });
  }
}
