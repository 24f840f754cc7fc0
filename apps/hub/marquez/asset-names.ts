import { type Asset, type GraphReader, type Name, parseNodeId } from '#lineage';

/** The names of nodes by id, read in one call. */
export class AssetNames {
  readonly #names: ReadonlyMap<string, Name>;

  private constructor(names: ReadonlyMap<string, Name>) {
    this.#names = names;
  }

  /** `known` ones are not read again. */
  static async of(reader: GraphReader, ids: Iterable<string>, known: readonly Asset[] = []): Promise<AssetNames> {
    const names = new Map<string, Name>(known.map((asset) => [asset.id, nameOf(asset)]));
    const wanted = [...new Set(ids)].filter((id) => !names.has(id));
    const assets = wanted.length === 0 ? [] : await reader.assets(wanted);
    for (const [i, asset] of assets.entries()) {
      const id = wanted[i];
      if (id !== undefined && asset !== null) names.set(id, nameOf(asset));
    }
    return new AssetNames(names);
  }

  /** Parents needn't be nodes, and what retention or a missing right hides has no row: then the id's likeliest cut. */
  name(id: string): Name {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const [ref] = parseNodeId(id);
    return ref === undefined || ref.kind === 'run'
      ? { namespace: '', name: id }
      : { namespace: ref.namespace, name: ref.name };
  }

  names(ids: readonly string[]): readonly Name[] {
    return ids.map((id) => this.name(id));
  }
}

function nameOf({ namespace, name }: Asset): Name {
  return { namespace, name };
}
