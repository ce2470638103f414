import { isDeepStrictEqual } from 'node:util';
import type { Entry } from './client.ts';

/** Members of how a server is reached and authenticated: an entry has those of one kind only. */
const OURS = ['type', 'url', 'httpUrl', 'serverUrl', 'command', 'args', 'headersHelper'];

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
  const merged = { ...entry, ...kept, ...Object.fromEntries(both) };
  return isDeepStrictEqual(merged, existing) ? existing : merged;
}

/** Tells whether an entry of a file leads to this server of a gateway, wherever that is. */
export function leadsTo(existing: Entry, server: string): boolean {
  return new RegExp(`/mcp/${server}["'?#]`).test(JSON.stringify(existing));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
