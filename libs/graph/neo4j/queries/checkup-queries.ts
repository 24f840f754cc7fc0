/** What a checkup asks. The last ones read whole labels: nobody asks them but a person. */

export const READ_SERVER =
  "CALL dbms.components() YIELD name, versions, edition WHERE name = 'Neo4j Kernel' RETURN versions[0] AS version, edition";

/** `access` is read-only where the server's settings say so. */
export const READ_DATABASES =
  'SHOW DATABASES YIELD name, access, currentStatus, home WHERE name <> "system" RETURN name, access, currentStatus, home';

export const READ_TIME = 'RETURN timestamp() AS now';

/** Retention takes the first ones. */
export const COUNT_COMMITS =
  'MATCH (c:Commit) RETURN count(c) AS n, coalesce(min(c.number) - 1, 0) AS taken, coalesce(max(c.number), 0) AS last';
export const COUNT_CHANGES = 'MATCH (c:Change) RETURN count(c) AS n';
/** Of an import that was broken off. */
export const READ_LAST_IMPORT = `
MATCH (c:Commit) WHERE c.step CONTAINS '"op":"import"'
RETURN c.step AS step ORDER BY c.number DESC LIMIT 1`;
/** Assets that no line was written of: ends of edges alone. */
export const COUNT_BARE_ASSETS = 'MATCH (n:Asset) WHERE n.firstSeen IS NULL RETURN count(n) AS n';
