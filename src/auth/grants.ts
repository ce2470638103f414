/** Which tools of a server are granted: all of them, or those whose name matches. */
export type ToolGrant = 'all' | ((tool: string) => boolean);

/** What a key may use. Closed by default: no grant, no server. */
export interface Grants {
  /** The grant for a server, or undefined when the server must look as if it did not exist. */
  forServer(name: string): ToolGrant | undefined;
}

/** Compiles grant patterns (grantSchema): `*`, `github`, `github:search_*`. */
export function compileGrants(patterns: readonly string[]): Grants {
  const byServer = new Map<string, ToolGrant>();
  const tools = new Map<string, string[]>();
  for (const pattern of patterns) {
    const colon = pattern.indexOf(':');
    if (colon === -1) byServer.set(pattern, 'all');
    else {
      const server = pattern.slice(0, colon);
      tools.set(server, [...(tools.get(server) ?? []), pattern.slice(colon + 1)]);
    }
  }
  for (const [server, names] of tools) {
    if (byServer.has(server)) continue;
    const matches = new RegExp(`^(?:${names.map(toRegExp).join('|')})$`);
    byServer.set(server, (tool) => matches.test(tool));
  }
  const every = byServer.get('*');
  return { forServer: (name) => every ?? byServer.get(name) };
}

function toRegExp(pattern: string): string {
  return pattern
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'))
    .join('.*');
}
