import { METHOD_NOT_FOUND } from '../mcp/errorCodes.ts';
import { isJsonObject, plainNumber, type JsonObject } from '../mcp/jsonRpc.ts';
import { notMcp, tooLarge } from '../mcp/failures.ts';
import { readItem, type ListKind } from '../mcp/catalogueItems.ts';
import { inSlices, type Steps } from '../slices.ts';
import { createRejections, type Rejected, type Rejections } from './rejections.ts';
import { UpstreamError } from './upstreamError.ts';
import { request, type Asker } from './request.ts';
import type { ByteBudget } from './requestBounds.ts';

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
  /** What was left out; absent when nothing was. */
  readonly leftOut?: Rejections | undefined;
}

export interface ListOptions<T> {
  readonly signal?: AbortSignal | undefined;
  /** Of all pages together, in bytes. (Default: 64 MiB) */
  readonly maxBytes?: number;
  /** Says why an item that has the right shape can't be used. */
  readonly refuse?: ((item: T) => string | undefined) | undefined;
  /** Gets what is left out, the first ones, to be logged. */
  readonly onRejected?: ((rejected: Rejected) => void) | undefined;
}

/**
 * Reads all pages of a list, within bounds. One bad item is left out, it does not spoil the others, and what goes wrong with
 * the pages does not spoil those that were read.
 * @throws UpstreamError, Unavailable
 */
export async function listAll<T>(
  upstream: Asker,
  kind: ListKind<T>,
  { signal, maxBytes = MAX_LIST_BYTES, refuse, onRejected }: ListOptions<T> = {},
): Promise<Listing<T>> {
  const { method, member } = kind;
  const items: T[] = [];
  const rejections = createRejections(upstream, member, onRejected);
  const budget: ByteBudget = { left: maxBytes };
  const cursors = new Set<string>();
  let ttlMs = Infinity;
  let shared = true;
  let cursor: string | undefined;
  do {
    const page = await pageAt(cursor, (params) => request(upstream, { method, params }, { signal, budget }));
    if (page === undefined) break;
    const entries: unknown = page[member];
    if (!Array.isArray(entries)) throw notMcp(upstream, `answered a list without ${member}`);
    if (items.length + entries.length > MAX_ITEMS) throw tooLarge(upstream, `more than ${MAX_ITEMS} ${member}`);
    const read = await inSlices(readSteps(entries as readonly unknown[], kind, refuse));
    const found = read.flatMap((one) => ('item' in one ? [one.item] : []));
    // Asked for the page behind an empty cursor, some servers begin anew.
    if (cursor === '' && read.length > 0 && areAmong(found, items)) break;
    for (const one of read) if ('fault' in one) rejections.add(one.entry, one.fault);
    items.push(...found);
    const ttl = plainNumber(page['ttlMs']);
    ttlMs = Math.min(ttlMs, typeof ttl === 'number' && ttl > 0 ? ttl : 0);
    shared &&= page['cacheScope'] === 'public';
    cursor = typeof page['nextCursor'] === 'string' ? page['nextCursor'] : undefined;
    if (cursor !== undefined && cursors.has(cursor)) {
      // An empty one says that there is no more, as some servers mean it.
      if (cursor !== '') rejections.add(undefined, 'the server repeats a page, so that what follows can’t be read');
      break;
    }
    if (cursor !== undefined) cursors.add(cursor);
    if (cursors.size >= MAX_PAGES) throw tooLarge(upstream, `more than ${MAX_PAGES} pages of ${member}`);
  } while (cursor !== undefined);
  return { items, ttlMs, cacheScope: shared ? 'public' : 'private', leftOut: rejections.all };
}

/**
 * Asks for a page. An empty cursor is one like any other (MCP 2025-11-25, server/utilities/pagination), but most servers that send
 * it mean that there is no more, and may object to it. Undefined: there is no more.
 */
async function pageAt(
  cursor: string | undefined,
  fetchPage: (params: JsonObject) => Promise<JsonObject>,
): Promise<JsonObject | undefined> {
  try {
    return await fetchPage(cursor === undefined ? {} : { cursor });
  } catch (error) {
    if (cursor === '' && error instanceof UpstreamError) return undefined;
    throw error;
  }
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

type ReadEntry<T> = { readonly entry: unknown } & ({ readonly item: T } | { readonly fault: string });

function* readSteps<T>(
  entries: readonly unknown[],
  kind: ListKind<T>,
  refuse: ListOptions<T>['refuse'],
): Steps<readonly ReadEntry<T>[]> {
  const all: ReadEntry<T>[] = [];
  for (const entry of entries) {
    const read = readItem(kind, entry);
    const fault = 'item' in read ? refuse?.(read.item) : undefined;
    all.push(fault === undefined ? { entry, ...read } : { entry, fault });
    yield;
  }
  return all;
}

function areAmong<T>(found: readonly T[], items: readonly T[]): boolean {
  const known = new Set(items.map(keyOf));
  return found.every((item) => known.has(keyOf(item)));
}

/** By what an item of a list is told from the others. */
function keyOf(item: unknown): string {
  return isJsonObject(item) ? JSON.stringify([item['name'], item['uri'], item['uriTemplate']]) : '';
}
