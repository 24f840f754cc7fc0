import { Condition } from '../conditions/condition.ts';
import type { Scope } from '../conditions/condition-scope.ts';

type Loaded = ReturnType<typeof Condition.load>;

/** Conditions by what they say and what they may see: a condition keeps no state, so many rules may have one. */
export class LoadedConditions {
  #before: ReadonlyMap<string, Loaded> = new Map();
  #used = new Map<string, Loaded>();

  load(text: string, scope: Scope): Loaded {
    const key = `${Object.keys(scope).sort().join()} ${text}`;
    const known = this.#used.get(key) ?? this.#before.get(key) ?? Condition.load(text, scope);
    this.#used.set(key, known);
    return known;
  }

  /** Drops what wasn't asked for since the last call. */
  forgetUnused(): void {
    this.#before = this.#used;
    this.#used = new Map();
  }
}
