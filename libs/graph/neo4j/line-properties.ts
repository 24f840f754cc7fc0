/**
 * The lines of an export as properties of nodes and relationships, and back, without loss. What a person looks for is a
 * property of its own; what has a structure of its own (facets, intervals, evidence) is a property of JSON text.
 */
import {
  type ActivityLine,
  type ColumnEdgeLine,
  canonicalJson,
  type DatasetLine,
  type EdgeLine,
  type ExportInterval,
  type FieldLine,
  type JobLine,
  type JobVersionLine,
  type MergeLine,
  type RemarkLine,
  type RunLine,
  type SchemaVersionLine,
} from '#lineage';
import { type FacetsByName, withTimes } from '../facet-times.ts';
import { type LastSaid, type LastWords, lastWords, withLastSaid } from '../last-said.ts';
import type { ToldByTimelines, WrittenLine } from '../sqlite/read/line-changes.ts';
import type { Properties } from './neo4j-database.ts';

export function propertiesOf(line: WrittenLine): Properties {
  switch (line.kind) {
    case 'dataset':
      return { ...line, dead: canonicalJson(line.dead), facets: canonicalJson(line.facets) };
    case 'job':
      return { ...line, facets: canonicalJson(line.facets), said: lastSaidProperty(line.said) };
    case 'field':
      return { ...line, ...line.field, fields: canonicalJson(line.field.fields) };
    case 'edge':
    case 'columnEdge':
      return {
        ...line,
        current: line.intervals.some(({ to }) => to === null),
        since: line.intervals.at(0)?.from ?? null,
        until: line.intervals.at(-1)?.to ?? null,
        intervals: canonicalJson(line.intervals),
        ...evidenceProperties(line),
      };
    case 'run':
      return { ...line, parent: jsonOrNull(line.parent), root: jsonOrNull(line.root) };
    case 'annotation':
    case 'tag':
      return { ...line, removed: jsonOrNull(line.removed) };
    case 'merge':
      return { ...line, undone: jsonOrNull(line.undone) };
    case 'schemaVersion':
      return { ...line, fields: canonicalJson(line.fields) };
    case 'jobVersion':
    case 'activity':
      return { ...line };
  }
}

/** Of an edge, who said so, and whose last words tell that it was said again. */
export function evidenceProperties({
  evidence,
  timelines = [],
}: Pick<EdgeLine, 'evidence'> & ToldByTimelines): Properties {
  return {
    sources: evidence.map(({ source }) => source),
    evidence: canonicalJson(evidence),
    timelines: timelines.length === 0 ? null : timelines,
  };
}

/** Of a job. */
export function lastSaidProperty(said: readonly LastSaid[] = []): string | null {
  return said.length === 0 ? null : canonicalJson(said);
}

export function lastWordsIn(property: unknown): LastWords {
  return lastWords(typeof property === 'string' ? (JSON.parse(property) as LastSaid[]) : []);
}

/** What a server gave back; it knows no null: what is null isn't there. */
export class LineReader {
  readonly #p: Properties;

  constructor(properties: Properties) {
    this.#p = properties;
  }

  dataset(): DatasetLine {
    return {
      kind: 'dataset',
      ...this.#asset(),
      contested: this.#list('contested'),
      lifecycle: this.#text('lifecycle') as DatasetLine['lifecycle'],
      dead: this.#json('dead') as readonly ExportInterval[],
    };
  }

  job(): JobLine {
    const processingType = this.#text('processingType') as JobLine['processingType'];
    return { kind: 'job', ...this.#asset(), processingType };
  }

  field(): FieldLine {
    return {
      kind: 'field',
      id: this.#text('id'),
      dataset: this.#text('dataset'),
      ordinal: this.#number('ordinal'),
      field: {
        name: this.#text('name'),
        type: this.#textOrNull('type'),
        description: this.#textOrNull('description'),
        fields: this.#json('fields') as FieldLine['field']['fields'],
      },
    };
  }

  /** @param said by the jobs at its ends */
  edge(kind: EdgeLine['edge'], from: string, to: string, said: readonly LastWords[]): EdgeLine {
    return { kind: 'edge', id: this.#text('id'), edge: kind, from, to, ...this.#held(said) };
  }

  /** @param saidOf by its job */
  columnEdge(from: string, to: string, saidOf: (job: string) => readonly LastWords[]): ColumnEdgeLine {
    const masking = this.#p['masking'];
    return {
      kind: 'columnEdge',
      id: this.#text('id'),
      from,
      to,
      job: this.#textOrNull('job'),
      type: this.#textOrNull('type'),
      subtype: this.#textOrNull('subtype'),
      description: this.#textOrNull('description'),
      masking: typeof masking === 'boolean' ? masking : null,
      ...this.#held(saidOf(this.#textOrNull('job') ?? '')),
    };
  }

  merge(): MergeLine {
    return {
      kind: 'merge',
      id: this.#text('id'),
      alias: this.#text('alias'),
      into: this.#text('into'),
      by: this.#text('by'),
      at: this.#text('at'),
      reason: this.#textOrNull('reason'),
      undone: this.#json('undone') as MergeLine['undone'],
    };
  }

  remark(kind: RemarkLine['kind']): RemarkLine {
    return {
      kind,
      id: this.#text('id'),
      subject: this.#text('subject'),
      text: this.#text('text'),
      carried: this.#p['carried'] === true,
      by: this.#text('by'),
      at: this.#text('at'),
      expiresAt: this.#textOrNull('expiresAt'),
      removed: this.#json('removed') as RemarkLine['removed'],
    };
  }

  run(): RunLine {
    return {
      kind: 'run',
      id: this.#text('id'),
      job: this.#text('job'),
      runId: this.#text('runId'),
      state: this.#text('state') as RunLine['state'],
      processingType: this.#text('processingType') as RunLine['processingType'],
      startedAt: this.#text('startedAt'),
      endedAt: this.#textOrNull('endedAt'),
      lastSeen: this.#text('lastSeen'),
      nominalStart: this.#textOrNull('nominalStart'),
      nominalEnd: this.#textOrNull('nominalEnd'),
      parent: this.#json('parent') as RunLine['parent'],
      root: this.#json('root') as RunLine['root'],
      error: this.#textOrNull('error'),
    };
  }

  schemaVersion(): SchemaVersionLine {
    return {
      kind: 'schemaVersion',
      id: this.#text('id'),
      dataset: this.#text('dataset'),
      source: this.#text('source'),
      role: this.#text('role') as SchemaVersionLine['role'],
      at: this.#text('at'),
      fields: this.#json('fields') as SchemaVersionLine['fields'],
    };
  }

  jobVersion(): JobVersionLine {
    return {
      kind: 'jobVersion',
      id: this.#text('id'),
      job: this.#text('job'),
      from: this.#text('since'),
      to: this.#textOrNull('until'),
      reads: this.#list('reads'),
      writes: this.#list('writes'),
      sql: this.#textOrNull('sql'),
      codeLocation: this.#textOrNull('codeLocation'),
    };
  }

  activity(): ActivityLine {
    return {
      kind: 'activity',
      id: this.#text('id'),
      job: this.#text('job'),
      hour: this.#text('hour'),
      observations: this.#number('observations'),
    };
  }

  #asset() {
    return {
      id: this.#text('id'),
      namespace: this.#text('namespace'),
      name: this.#text('name'),
      aliases: this.#list('aliases'),
      firstSeen: this.#text('firstSeen'),
      lastSeen: this.#text('lastSeen'),
      facets: withTimes(this.#json('facets') as FacetsByName, this.#listOrNull('facetTimes')),
    };
  }

  #held(said: readonly LastWords[]) {
    const evidence = this.#json('evidence') as EdgeLine['evidence'];
    return {
      intervals: this.#json('intervals') as EdgeLine['intervals'],
      evidence: withLastSaid(evidence, this.#list('timelines'), said),
    };
  }

  #text(name: string): string {
    const value = this.#p[name];
    if (typeof value !== 'string') throw new TypeError(`property ${name} of ${String(this.#p['id'])} holds no text`);
    return value;
  }

  #textOrNull(name: string): string | null {
    return this.#p[name] === undefined ? null : this.#text(name);
  }

  #number(name: string): number {
    const value = this.#p[name];
    if (typeof value !== 'number') throw new TypeError(`property ${name} of ${String(this.#p['id'])} holds no number`);
    return value;
  }

  #list(name: string): readonly string[] {
    return this.#listOrNull(name) ?? [];
  }

  #listOrNull(name: string): readonly string[] | null {
    return (this.#p[name] ?? null) as readonly string[] | null;
  }

  #json(name: string): unknown {
    const text = this.#textOrNull(name);
    return text === null ? null : JSON.parse(text);
  }
}

const jsonOrNull = (value: unknown): string | null => (value === null ? null : canonicalJson(value));
