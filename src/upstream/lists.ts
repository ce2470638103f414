import type { z } from 'zod';
import { METHOD_NOT_FOUND } from '../mcp/errorCodes.ts';
import type { JsonObject } from '../mcp/jsonRpc.ts';
import { notMcp, tooLarge } from '../mcp/failures.ts';
import { UpstreamError } from './upstreamError.ts';
import type { ByteBudget } from './call.ts';
import type { Endpoint } from './endpoint.ts';

const MAX_PAGES = 200;
const MAX_ITEMS = 20_000;
/** All pages of one list together. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;

/** A whole list, in the server's order. */
export interface Listing<T> {
  readonly items: readonly T[];
  /** How long it may be remembered, in milliseconds: the shortest of its pages. 0 from a legacy server, which tells of changes instead. */
  readonly ttlMs: number;
  /** `private` results must not cross credentials (MCP 2026-07-28, caching). */
  readonly cacheScope: 'public' | 'private';
}

/** An item that was left out of a list, and why. */
export interface Rejected {
  readonly list: string;
  /** The item's name, where it has one. */
  readonly name: string | undefined;
  readonly reason: string;
}

/**
 * Reads all pages of a list, within bounds. One bad item is left out, it does not spoil the others.
 * @param refuse says why an item that has the right shape can't be used
 * @throws UpstreamError, Unavailable
 */
export async function listAll<T>(options: {
  endpoint: Endpoint;
  list: string;
  schema: z.ZodType<T>;
  fetchPage: (params: JsonObject, budget: ByteBudget) => Promise<JsonObject>;
  refuse?: ((item: T) => string | undefined) | undefined;
  onRejected?: ((rejected: Rejected) => void) | undefined;
}): Promise<Listing<T>> {
  const { endpoint, list, schema, fetchPage, refuse, onRejected } = options;
  const items: T[] = [];
  const budget: ByteBudget = { left: MAX_LIST_BYTES };
  const cursors = new Set<string>();
  let ttlMs = Infinity;
  let shared = true;
  let cursor: string | undefined;
  do {
    const page = await fetchPage(cursor === undefined ? {} : { cursor }, budget);
    const entries = page[list];
    if (!Array.isArray(entries)) throw notMcp(endpoint, `answered a list without ${list}`, JSON.stringify(page));
    if (items.length + entries.length > MAX_ITEMS) throw tooLarge(endpoint, `more than ${MAX_ITEMS} ${list}`);
    for (const entry of entries as readonly unknown[]) {
      const parsed = schema.safeParse(entry);
      const reason = parsed.success ? refuse?.(parsed.data) : 'its definition lacks what every one must have';
      if (parsed.success && reason === undefined) items.push(parsed.data);
      else onRejected?.({ list, name: nameOf(entry), reason: reason ?? '' });
    }
    ttlMs = Math.min(ttlMs, typeof page['ttlMs'] === 'number' && page['ttlMs'] > 0 ? page['ttlMs'] : 0);
    shared &&= page['cacheScope'] === 'public';
    // An empty string is a cursor like any other.
    cursor = typeof page['nextCursor'] === 'string' ? page['nextCursor'] : undefined;
    if (cursor !== undefined && cursors.has(cursor)) throw notMcp(endpoint, `repeats a page of its ${list}`);
    if (cursor !== undefined) cursors.add(cursor);
    if (cursors.size >= MAX_PAGES) throw tooLarge(endpoint, `more than ${MAX_PAGES} pages of ${list}`);
  } while (cursor !== undefined);
  return { items, ttlMs, cacheScope: shared ? 'public' : 'private' };
}

/** Answers an empty list for a server that does not know the method: it declared the group, not every list of it. */
export async function orEmpty<T>(listing: Promise<Listing<T>>): Promise<Listing<T>> {
  try {
    return await listing;
  } catch (error) {
    if (error instanceof UpstreamError && error.rpc.code === METHOD_NOT_FOUND) return EMPTY;
    throw error;
  }
}

export const EMPTY: Listing<never> = { items: [], ttlMs: 0, cacheScope: 'private' };

function nameOf(entry: unknown): string | undefined {
  return typeof entry === 'object' && entry !== null && 'name' in entry && typeof entry.name === 'string'
    ? entry.name
    : undefined;
}
