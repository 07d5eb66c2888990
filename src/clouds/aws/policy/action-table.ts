/**
 * Reads a table of services and names: `service Name Name`, continued on indented lines. A `#` begins a line of comment.
 * Written as text because it is read, compared and extended by people: a thousand names, a service a line.
 */
export function rowsOf(table: string): ReadonlyMap<string, readonly string[]> {
  const rows = new Map<string, readonly string[]>();
  let service = '';
  for (const line of table.split('\n')) {
    const words = line.split(' ').filter((word) => word !== '');
    if (words.length === 0 || line.startsWith('#')) continue;
    if (!line.startsWith(' ')) service = words.shift() ?? '';
    rows.set(service, [...(rows.get(service) ?? []), ...words]);
  }
  return rows;
}

/** Actions of one class. */
export interface ActionTable {
  /** `service:Name`, no wildcards. */
  readonly actions: readonly string[];
  /** Those of them that AWS allows on `*` only: no ARN narrows them. */
  readonly onEverythingOnly: ReadonlySet<string>;
}

/** A table of actions; `!` behind a name says that AWS lets no resource be named for it. */
export function actionsOf(table: string): ActionTable {
  const marked = [...rowsOf(table)].flatMap(([service, names]) => names.map((name) => `${service}:${name}`));
  const plain = (name: string): string => (name.endsWith('!') ? name.slice(0, -1) : name);
  return {
    actions: marked.map(plain),
    onEverythingOnly: new Set(marked.filter((name) => name.endsWith('!')).map(plain)),
  };
}
