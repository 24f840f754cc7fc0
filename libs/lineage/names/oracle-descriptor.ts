/** What a TNS connect descriptor says of where the database is. */
export interface OracleDescriptor {
  /** `host` or `host:port` of every ADDRESS, in order. */
  readonly hosts: readonly string[];
  /** SERVICE_NAME, else SID, else INSTANCE_NAME; null where there is none. */
  readonly database: string | null;
}

/**
 * Reads `(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=h)(PORT=1521))(CONNECT_DATA=(SERVICE_NAME=s)))`. Keys have no case;
 * white space between the parts has no meaning. null where brackets don't match, or where no ADDRESS names a host.
 */
export function oracleDescriptor(text: string): OracleDescriptor | null {
  const hosts: string[] = [];
  const found = new Map<string, string>();
  // The keys of the groups that are open, and of each open ADDRESS its host and port.
  const open: string[] = [];
  let address: { host?: string; port?: string } = {};
  let at = 0;
  let groups = 0;
  for (const { 0: token, 1: key, 2: value, index } of text.matchAll(TOKEN)) {
    if (index !== at) return null;
    at += token.length;
    if (key === undefined) {
      const closed = open.pop();
      if (closed === undefined) return null;
      if (closed === 'ADDRESS' && address.host !== undefined) {
        hosts.push(address.port === undefined ? address.host : `${address.host}:${address.port}`);
      }
      continue;
    }
    if (open.length === 0 && ++groups > 1) return null;
    const parent = open.at(-1);
    const name = key.toUpperCase();
    if (value === undefined) {
      if (name === 'ADDRESS') address = {};
      open.push(name);
    } else if (parent === 'ADDRESS' && name === 'HOST') address.host ??= value.trim();
    else if (parent === 'ADDRESS' && name === 'PORT') address.port ??= value.trim();
    else if (parent === 'CONNECT_DATA' && !found.has(name)) found.set(name, value.trim());
  }
  if (at !== text.length || open.length > 0 || hosts.length === 0) return null;
  return { hosts, database: found.get('SERVICE_NAME') ?? found.get('SID') ?? found.get('INSTANCE_NAME') ?? null };
}

/** `(KEY=value)`, `(KEY=` before a group, or `)`, each with the white space after it. */
const TOKEN = /\(\s*([\w.$#-]+)\s*=\s*(?:([^()]*)\)|(?=\())\s*|\)\s*/g;
