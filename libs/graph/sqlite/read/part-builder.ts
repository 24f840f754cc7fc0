/** Gathers what a part says of a step's lines. A line that several rows touched is told once, in one part. */
import { canonicalJson, type ExportLine } from '#lineage';
import type { LineChanges, LineKey, MeasureKey, NumberedKey, SaidEdge, SeenNode, WrittenLine } from './line-changes.ts';

export class PartBuilder {
  #put = new Map<string, WrittenLine>();
  #seen: SeenNode[] = [];
  #said: SaidEdge[] = [];
  #gone = new Map<string, LineKey>();
  #detailed: NumberedKey[] = [];
  #measured: MeasureKey[] = [];
  /** Keys of earlier parts, and of what is not to be told. */
  readonly #told = new Set<string>();

  /** What was gathered since the last one. */
  take(): LineChanges {
    const part = {
      put: [...this.#put.values()],
      seen: this.#seen,
      said: this.#said,
      gone: [...this.#gone.values()],
      detailed: this.#detailed,
      measured: this.#measured,
    };
    for (const key of [...this.#put.keys(), ...this.#gone.keys()]) this.#told.add(key);
    this.#put = new Map();
    this.#seen = [];
    this.#said = [];
    this.#gone = new Map();
    this.#detailed = [];
    this.#measured = [];
    return part;
  }

  put(line: WrittenLine): void {
    this.#put.set(keyOf(line), line);
    this.#gone.delete(keyOf(line));
  }

  /** @param line null: nothing shows it */
  made({ kind, id }: LineKey, line: WrittenLine | null): void {
    const key = keyOf({ kind, id });
    if (line !== null) this.put(line);
    else if (!this.#put.has(key) && !this.#told.has(key)) this.#gone.set(key, { kind, id });
  }

  isMade(key: LineKey): boolean {
    const text = keyOf(key);
    return this.#told.has(text) || this.#put.has(text) || this.#gone.has(text);
  }

  leaveOut(key: LineKey): void {
    this.#told.add(keyOf(key));
  }

  /** All lines of one list, before and now. */
  difference(was: readonly ExportLine[], is: readonly ExportLine[]): void {
    const before = new Map(was.map((line) => [line.id, line]));
    for (const line of is) {
      const held = before.get(line.id);
      before.delete(line.id);
      if (held === undefined || canonicalJson(held) !== canonicalJson(line)) this.put(line);
    }
    for (const line of before.values()) this.made(line, null);
  }

  seen(nodes: readonly SeenNode[]): void {
    for (const node of nodes) this.#seen.push(node);
  }

  said(edge: SaidEdge): void {
    this.#said.push(edge);
  }

  detailed(keys: readonly NumberedKey[]): void {
    for (const key of keys) this.#detailed.push(key);
  }

  measured(keys: readonly MeasureKey[]): void {
    for (const key of keys) this.#measured.push(key);
  }
}

const keyOf = ({ kind, id }: LineKey): string => `${kind} ${id}`;
