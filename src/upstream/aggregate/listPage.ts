import type { Era } from '../../mcp/eras.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import type { MergedList } from './mergedList.ts';
import type { ListName } from './memberParts.ts';

/** A page ends before it has more characters than this, or after so many items. */
const MAX_PAGE_CHARACTERS = 4 * 1024 * 1024;
const MAX_PAGE_ITEMS = 5_000;

/** The member of `_meta` that names the servers whose items may be missing or old, with the reason. */
export const FAILURES_KEY = 'metamcp/servers';

/** Seals cursors for one key at one endpoint. */
export interface CursorSeal {
  seal(text: string): string;
  /** Undefined: it was not sealed here, or for another key or endpoint. */
  open(cursor: string): string | undefined;
}

export interface PageOptions {
  readonly era: Era;
  /** What modern results name the gateway by. */
  readonly serverInfo: JsonObject;
  readonly cursors: CursorSeal;
}

/**
 * Writes one page of a merged list, as the JSON text of a result. A cursor names the item that the page before ended with, so
 * that a change of the list in between repeats and omits nothing else. An empty one is that of the first page.
 * @returns undefined for a cursor that is not one of this list
 */
export function listPage(
  list: ListName,
  merged: MergedList,
  cursor: unknown,
  options: PageOptions,
): { readonly text: string; readonly isLast: boolean } | undefined {
  const from = startOf(list, merged, cursor, options.cursors);
  if (from === undefined) return undefined;
  const { items } = merged;
  let to = from;
  for (let characters = 0; to < items.length && to - from < MAX_PAGE_ITEMS; to++) {
    characters += items[to]?.json.length ?? 0;
    if (characters > MAX_PAGE_CHARACTERS && to > from) break;
  }
  const last = to < items.length ? items[to - 1] : undefined;
  const texts: string[] = [];
  for (let at = from; at < to; at++) texts.push(items[at]?.json ?? '');
  const rest = {
    ...(last && { nextCursor: options.cursors.seal(JSON.stringify([list, last.key])) }),
    ...(options.era === 'modern' && { resultType: 'complete', ttlMs: merged.ttlMs, cacheScope: 'private' }),
    ...metaOf(merged.failures, options),
  };
  const written = JSON.stringify(rest);
  const text = `{"${list}":[${texts.join(',')}]${written === '{}' ? '' : `,${written.slice(1, -1)}`}}`;
  return { text, isLast: last === undefined };
}

/** What a result of the aggregate says about itself and its servers. */
export function metaOf(
  failures: MergedList['failures'],
  { era, serverInfo }: Omit<PageOptions, 'cursors'>,
): JsonObject {
  const meta = {
    ...(Object.keys(failures).length > 0 && { [FAILURES_KEY]: failures }),
    ...(era === 'modern' && { 'io.modelcontextprotocol/serverInfo': serverInfo }),
  };
  return Object.keys(meta).length === 0 ? {} : { _meta: meta };
}

function startOf(list: ListName, { items }: MergedList, cursor: unknown, cursors: CursorSeal): number | undefined {
  if (cursor === undefined || cursor === null || cursor === '') return 0;
  const text = typeof cursor === 'string' ? cursors.open(cursor) : undefined;
  if (text === undefined) return undefined;
  const [ofList, key] = JSON.parse(text) as [string, string];
  if (ofList !== list) return undefined;
  const at = items.findIndex((item) => item.key > key);
  return at === -1 ? items.length : at;
}
