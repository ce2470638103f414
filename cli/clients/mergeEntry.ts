import { isDeepStrictEqual } from 'node:util';
import type { Entry } from './client.ts';

/** Members of how a server is reached and authenticated: an entry has those of one kind only. */
const OURS = ['type', 'name', 'url', 'httpUrl', 'serverUrl', 'uri', 'command', 'cmd', 'args', 'headersHelper'];

/**
 * Brings an entry of a client's file up to date: what the user has added to it stays, above all a key pasted into a
 * header or variable.
 */
export function mergeEntry(existing: Entry | undefined, entry: Entry): Entry {
  if (existing === undefined) return entry;
  // With a helper for the headers, a header of the file would stand against it.
  const dropped = 'headersHelper' in entry ? [...OURS, 'headers'] : OURS;
  const kept = Object.fromEntries(Object.entries(existing).filter(([name]) => !dropped.includes(name)));
  const both = ['headers', 'env'].flatMap((name) => {
    const [ours, own] = [entry[name], kept[name]];
    return isRecord(ours) && isRecord(own) ? [[name, { ...ours, ...own }] as const] : [];
  });
  const merged = withVariables({ ...entry, ...kept, ...Object.fromEntries(both) }, entry);
  return isDeepStrictEqual(merged, existing) ? existing : merged;
}

/** Adds to the names of variables that headers take from, those that the headers have now: others would be asked for in vain. */
function withVariables(merged: Entry, { env_keys: ours }: Entry): Entry {
  const own = merged['env_keys'];
  if (!Array.isArray(ours) || !Array.isArray(own)) return merged;
  const headers = JSON.stringify(merged['headers'] ?? {});
  const names: readonly unknown[] = ours;
  const missing = names.filter((name) => !own.includes(name) && headers.includes(String(name)));
  return missing.length === 0 ? merged : { ...merged, env_keys: [...(own as readonly unknown[]), ...missing] };
}

/** Tells whether an entry of a file leads to this path of a gateway, wherever that is: `/mcp`, `/mcp/github`. */
export function leadsTo(existing: Entry, path: string): boolean {
  return new RegExp(`${path}["'?#]`).test(JSON.stringify(existing));
}

/** How entries that `connect` has written get the key. */
const OUR_KEY =
  /METAMCP_KEY|PASTE_THE_KEY_HERE|\$\{input:metamcp-key\}|(?:metamcp-cli|main\.[jt]s'?) headers|Authorization:\$\{AUTH\}/;

/** Tells an entry that `connect` has written for one server of this gateway, which the entry of all of them replaces. */
export function isOfOneServer(existing: unknown, name: string, base: string): boolean {
  const text = JSON.stringify(existing);
  return isRecord(existing) && text.includes(`${base}/mcp/${name}"`) && OUR_KEY.test(text);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
