/** The graph as Neo4j has it from the parts of a worker's steps, and as an export reads it there. */
import { type LastWords, type LineChanges, lastWords, type WrittenLine, withLastSaid, withTimes } from '#graph';
import { canonicalJson } from '#lineage';

export class WrittenLines {
  readonly #lines = new Map<string, WrittenLine>();

  has(key: string): boolean {
    return this.#lines.has(key);
  }

  write({ put, seen, said, gone }: LineChanges): void {
    for (const { kind, id } of gone) this.#lines.delete(`${kind} ${id}`);
    for (const { id, facetTimes, ...node } of seen) {
      const key = keyOfNode(id);
      const before = this.#lines.get(key);
      if (before === undefined || !('facets' in before)) throw new Error(`${id} is seen again, and isn't there`);
      this.#lines.set(key, { ...before, ...node, facets: withTimes(before.facets, facetTimes) });
    }
    for (const { kind, id, evidence, timelines } of said) {
      const before = this.#lines.get(`${kind} ${id}`);
      if (before === undefined) continue;
      this.#lines.set(`${kind} ${id}`, { ...before, evidence, timelines } as WrittenLine);
    }
    for (const line of put) this.#lines.set(`${line.kind} ${line.id}`, line);
  }

  exported(): string[] {
    return [...this.#lines.values()].map((line) => {
      if (line.kind === 'job') {
        const { said: _, ...job } = { said: [], ...line };
        return canonicalJson(job);
      }
      if (line.kind !== 'edge' && line.kind !== 'columnEdge') return canonicalJson(line);
      const { timelines = [], ...edge } = line;
      const jobs = line.kind === 'edge' ? [line.from, line.to] : [line.job ?? ''];
      return canonicalJson({
        ...edge,
        evidence: withLastSaid(
          line.evidence,
          timelines,
          jobs.map((id) => this.#saidBy(id)),
        ),
      });
    });
  }

  #saidBy(id: string): LastWords {
    const line = this.#lines.get(`job ${id}`);
    return lastWords(line?.kind === 'job' && 'said' in line ? (line.said ?? []) : []);
  }
}

export const keyOfNode = (id: string): string => `${id.slice(0, id.indexOf(':'))} ${id}`;
