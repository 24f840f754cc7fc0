/** What holds a text: an index of its trigrams finds the nodes, in small letters. */

const WANTED = `($types IS NULL OR any(type IN $types WHERE type IN labels(n)))
  AND ($namespaces IS NULL OR n.namespace IN $namespaces)
  AND ($tags IS NULL OR any(tag IN $tags WHERE tag IN n.tags) OR EXISTS {
    MATCH (r:Remark) WHERE r.asset IN [n.id] + n.aliases AND r:Tag AND r.removed IS NULL AND r.text IN $tags
  })
  AND ($owners IS NULL OR any(owner IN $owners WHERE owner IN n.owners))`;

const TEXTS = 'n {.id, .namespace, .name, .aliases, .fields, .tags} AS texts';

export const SEARCH = `
MATCH (n:Asset) WHERE n.searchText CONTAINS $needle AND ${WANTED}
RETURN ${TEXTS} LIMIT toInteger($most)`;

/** Of one letter or two nearly everything holds some: names alone count. */
export const SEARCH_NAMES = `
MATCH (n:Asset) WHERE n.searchText CONTAINS $needle AND toLower(n.name) CONTAINS $needle AND ${WANTED}
RETURN ${TEXTS} LIMIT toInteger($most)`;
