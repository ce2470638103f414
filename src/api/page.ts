import { z } from 'zod';
import { Invalid } from '../errors/appError.ts';
import type { QueryParameters } from './queryCheck.ts';

const limitSchema = z.coerce.number().int().min(1).max(500);

/** The parameters that `pageOf` reads. */
export const PAGE_QUERY = { limit: 'one', cursor: 'one' } as const satisfies QueryParameters;

export interface Page {
  readonly limit: number;
  /** The content of the last page's `next_cursor`; undefined for the first page. */
  readonly after: string | undefined;
}

/** Reads `limit` (Default: 100, 500 at most) and `cursor` of a list. @throws Invalid `page-invalid` */
export function pageOf(query: URLSearchParams): Page {
  const limit = limitSchema.safeParse(query.get('limit') ?? 100);
  if (!limit.success) throw new Invalid('page-invalid', 'limit: a number from 1 to 500.');
  const cursor = query.get('cursor');
  return { limit: limit.data, after: cursor === null ? undefined : decode(cursor) };
}

/** Makes the answer of a list from one row more than `limit`. */
export function page<Row, Item>(
  rows: readonly Row[],
  { limit }: Page,
  item: (row: Row) => Item,
  cursorOf: (row: Row) => string,
): { items: Item[]; next_cursor?: string } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const items = shown.map(item);
  return rows.length > limit && last !== undefined ? { items, next_cursor: encode(cursorOf(last)) } : { items };
}

/** The schema of a page of items. */
export function pageSchema<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    next_cursor: z
      .string()
      .optional()
      .meta({ description: 'Give it as `cursor` to get the next page; absent on the last.' }),
  });
}

// Opaque to clients, so that its content may change.
function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}

function decode(cursor: string): string {
  if (!/^[A-Za-z0-9_-]{1,512}$/.test(cursor)) throw new Invalid('page-invalid', 'cursor: not one of ours.');
  return Buffer.from(cursor, 'base64url').toString('utf8');
}
