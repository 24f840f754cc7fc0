/**
 * The source of a statement: the producer without its version and commit parts. An upgraded client must stay the same
 * teller, else what its old version claimed would never end (SEMANTICS §1).
 *
 * ```
 * https://github.com/OpenLineage/OpenLineage/tree/1.53.0/integration/flink   …/OpenLineage/integration/flink
 * https://github.com/apache/airflow/tree/providers-openlineage/2.20.3       …/airflow/providers-openlineage
 * https://github.com/MarquezProject/marquez/blob/main/docker/metadata.json  …/marquez/docker/metadata.json
 * my-producer/1.2.0-SNAPSHOT                                                my-producer
 * ```
 *
 * Total: a text of any shape gives a source, and the source of a source is itself.
 */
export function sourceOf(producer: string): string {
  const known = sources.get(producer);
  if (known !== undefined) return known;
  // Until nothing changes: cutting one part out may bring `tree` and a version together.
  let source = producer.trim();
  for (let shorter = withoutVersions(source); shorter !== source; shorter = withoutVersions(source)) source = shorter;
  if (producer.length <= 256) {
    if (sources.size >= MAX_SOURCES) sources.clear();
    sources.set(producer, source);
  }
  return source;
}

// Each facet of each event names its producer, and a hub knows a few dozen. A memo: no result depends on what is in it.
const sources = new Map<string, string>();
const MAX_SOURCES = 1024;

/** Never longer than what it is given; equal to it where there is nothing to cut. */
function withoutVersions(text: string): string {
  const scheme = text.indexOf('://');
  // A host is no version, though it may look like one (10.0.0.1).
  const pathFrom = scheme < 0 ? 0 : text.indexOf('/', scheme + 3);
  if (pathFrom < 0) return text;
  const head = text.slice(0, pathFrom);
  const [, path = '', tail = ''] = /^([^?#]*)(.*)$/s.exec(text.slice(pathFrom)) ?? [];
  const source = head + segmentsWithoutVersions(path.split('/')).join('/') + (VERSION_TAIL.test(tail) ? '' : tail);
  // A producer that is nothing but a version is that version.
  return source === '' ? text : source;
}

function segmentsWithoutVersions(segments: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i] ?? '';
    const next = segments[i + 1];
    // …/owner/repository/tree/REF/…: whatever stands there is a ref, but a tag may hold a slash (`providers/2.20.3`).
    if ((segment === 'tree' || segment === 'blob') && kept.length >= 3 && next !== undefined) {
      if (kept.at(-1) === '-') kept.pop(); // GitLab: /-/tree/
      const tagEnd = segments[i + 2];
      const isSlashedTag = tagEnd !== undefined && VERSION.test(tagEnd) && !VERSION.test(next) && !BRANCH.test(next);
      if (isSlashedTag) kept.push(next);
      i += isSlashedTag ? 2 : 1;
      continue;
    }
    if (segment !== '' && VERSION.test(segment)) continue;
    kept.push(segment.replace(VERSION_SUFFIX, ''));
  }
  return kept;
}

const NUMBER = String.raw`v?\d+(?:[._-]\d+)+`;
const STAGE = String.raw`(?:[._+-]?(?:snapshot|final|release|ga|alpha|beta|rc|dev|post|pre|preview|nightly|build|a|b|m)[._-]?\d*)*`;
const BUILD = String.raw`(?:[+-][0-9a-f]{7,40}|\+[\w.]+)?`;
/** 1.53.0, v1-0-0, 1.19.0-SNAPSHOT, 2.0.0rc1, v2, or a whole commit. */
const VERSION = new RegExp(String.raw`^(?:${NUMBER}${STAGE}${BUILD}|v\d+|[0-9a-f]{40})$`, 'i');
/** client@1.2.3, client-1.2.3, client:1.2.3, client==1.2.3, client 1.2.3. */
const VERSION_SUFFIX = new RegExp(`(?<=[^@:= -])[@:= -]+(?:${NUMBER}${STAGE}${BUILD})$`, 'i');
const VERSION_TAIL = new RegExp(`^[?#](?:(?:v|version|ref|tag)=)?${NUMBER}${STAGE}${BUILD}$`, 'i');
const BRANCH = /^(?:main|master|HEAD|develop|trunk)$/;
