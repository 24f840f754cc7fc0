import { nodeValue } from '../deciding/decision-values.ts';
import type { NodeView } from '../deciding/read-view.ts';
import type { ChosenPolicy } from '../language/rule-set.ts';

/** Which freshness policies are for a dataset: those that name it are found by its ids, conditions are asked. */
export class PolicyChoice {
  readonly #named = new Map<string, ChosenPolicy[]>();
  readonly #unnamed: readonly ChosenPolicy[];

  constructor(policies: readonly ChosenPolicy[]) {
    this.#unnamed = policies.filter(({ datasets }) => datasets === null);
    for (const policy of policies) {
      for (const id of policy.datasets ?? []) this.#named.set(id, [...(this.#named.get(id) ?? []), policy]);
    }
  }

  /** @param dataset with its fields */
  chosenFor(dataset: NodeView): readonly ChosenPolicy[] {
    const named = [dataset.id, ...dataset.aliases].flatMap((id) => this.#named.get(id) ?? []);
    const asked = [...new Set([...named, ...this.#unnamed])];
    const value = nodeValue(dataset);
    return asked.filter(({ where }) => where === null || where.evaluate({ subject: value, dataset: value }).met);
  }
}
