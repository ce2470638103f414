import { rememberedTools } from '../catalogue/rememberedTools.ts';
import { compilePattern } from '../access/pattern.ts';
import { nearest } from '../nearest.ts';
import type { Queryable } from '../postgres/database.ts';
import { findServer, listServerNames } from '../projections/tables/mcpServers.ts';

/** Tools of one server that are compared with a pattern. */
const MAX_TOOLS = 10_000;

/** Finds servers that grants name and that there are not: a server may be registered later, or the name is a slip. */
export function unmetServers(grants: readonly string[], servers: readonly string[]): string[] {
  const known = new Set(servers);
  const missing = grants.map(serverOf).filter((server) => server !== '*' && !known.has(server));
  return [...new Set(missing)].map(
    (server) => `is granted the server ${server}, which does not exist.${didYouMean(server, servers)}`,
  );
}

/**
 * Finds what of the grants of a key leads nowhere: servers that there are not, and patterns that match no tool of a server
 * whose tools are known. It is no error: either may come later. @returns ends of sentences that begin with the key @throws Unavailable
 */
export async function findUnmetGrants(db: Queryable, grants: readonly string[]): Promise<string[]> {
  if (grants.every((grant) => grant === '*')) return [];
  const servers = await listServerNames(db);
  return [...unmetServers(grants, servers), ...(await findUnmetTools(db, grants, servers))];
}

/** As `findUnmetGrants`, for patterns of tools alone. @throws Unavailable */
export async function findUnmetTools(
  db: Queryable,
  grants: readonly string[],
  servers: readonly string[],
): Promise<string[]> {
  const tools = new Map<string, readonly string[]>();
  const unmet: string[] = [];
  for (const grant of new Set(grants)) {
    const [server, pattern] = [serverOf(grant), grant.slice(serverOf(grant).length + 1)];
    if (pattern === '' || !servers.includes(server)) continue;
    const known = tools.get(server) ?? (await toolNamesOf(db, server));
    tools.set(server, known);
    if (known.length === 0 || known.some(compilePattern(pattern))) continue;
    const similar = pattern.includes('*') ? '' : didYouMean(pattern, known);
    unmet.push(
      `is granted ${grant}, which is none of the ${String(known.length)} tools that ${server} has shown.${similar}`,
    );
  }
  return unmet;
}

function serverOf(grant: string): string {
  return grant.split(':', 1)[0] ?? '';
}

async function toolNamesOf(db: Queryable, server: string): Promise<readonly string[]> {
  const row = await findServer(db, server);
  if (row === undefined) return [];
  const names = new Set<string>();
  for await (const { tools } of rememberedTools(db, row)) {
    for (const { name } of tools) if (names.size < MAX_TOOLS) names.add(name);
  }
  return [...names];
}

function didYouMean(name: string, others: readonly string[]): string {
  const similar = nearest(name, others);
  return similar === undefined ? '' : ` Did you mean ${similar}?`;
}
