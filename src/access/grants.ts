import { compilePattern } from './pattern.ts';

/** Which tools of a server are granted: all of them, or those whose name matches. */
export type ToolGrant = 'all' | ToolFilter;

/** Checks whether a tool's name matches one of some patterns. */
export interface ToolFilter {
  (tool: string): boolean;
  readonly patterns: readonly string[];
}

/** Checks whether everything that was granted still is, pattern by pattern. */
export function covers(now: ToolGrant, before: ToolGrant): boolean {
  if (now === 'all') return true;
  return before !== 'all' && before.patterns.every((pattern) => now.patterns.includes(pattern));
}

/** Checks whether two keys, or one key at two times, were granted the same. */
export function areSameGrants(one: Grants, other: Grants): boolean {
  if (one === other) return true;
  const before = new Set(one.patterns);
  const now = new Set(other.patterns);
  return before.size === now.size && before.isSubsetOf(now);
}

/** What a key may use. Closed by default: no grant, no server. */
export interface Grants {
  /** As they were written. */
  readonly patterns: readonly string[];
  /** The grant for a server, or undefined when the server must look as if it did not exist. */
  forServer(name: string): ToolGrant | undefined;
}

/** Longer names never match: MCP tool names have at most 128 characters (2025-11-25, server/tools), and a match costs time. */
const MAX_TOOL_NAME = 256;

/** Compiles grant patterns (grantSchema): `*`, `github`, `github:search_*`. */
export function compileGrants(patterns: readonly string[]): Grants {
  const whole = new Set<string>();
  const tools = new Map<string, string[]>();
  for (const pattern of patterns) {
    const colon = pattern.indexOf(':');
    if (colon === -1) {
      whole.add(pattern);
      continue;
    }
    const server = pattern.slice(0, colon);
    tools.set(server, [...(tools.get(server) ?? []), pattern.slice(colon + 1)]);
  }
  const byServer = new Map<string, ToolGrant>();
  for (const [server, patterns] of tools) byServer.set(server, compileFilter(patterns));
  for (const server of whole) byServer.set(server, 'all');
  const every = byServer.get('*');
  return { patterns, forServer: (name) => every ?? byServer.get(name) };
}

/** Checks whether one of some grants gives all that a pattern (grantSchema) would give. */
export function includesGrant(grants: Grants, pattern: string): boolean {
  const colon = pattern.indexOf(':');
  const granted = grants.forServer(colon === -1 ? pattern : pattern.slice(0, colon));
  if (granted === undefined || granted === 'all') return granted === 'all';
  // Its wildcards stand for what no other character of a pattern matches: where they are taken, any run in their place is.
  return colon !== -1 && granted(pattern.slice(colon + 1));
}

function compileFilter(patterns: readonly string[]): ToolFilter {
  const matchers = patterns.map(compilePattern);
  const filter = (tool: string): boolean => tool.length <= MAX_TOOL_NAME && matchers.some((matches) => matches(tool));
  return Object.assign(filter, { patterns });
}
