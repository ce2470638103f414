import { systemClock } from '../../../src/clock.ts';
import type { Queryable } from '../../../src/postgres/database.ts';
import type { ApiKeyRow } from '../../../src/projections/tables/apiKeys.ts';
import { effectiveAccess } from '../../../src/projections/tables/keyRoles.ts';
import { narrows, type KeySort } from '../../../src/projections/tables/keyFilter.ts';
import { lastUsed } from '../../../src/usage/usageQueries.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import { keyJson, keyStatus, listed } from '../../views/keyView.ts';
import { shortId } from '../../../src/shortId.ts';
import type { KeyFilterOptions } from '../../input/keyFilterOptions.ts';
import { keyFilterOf } from '../../stores/keyFilter.ts';
import type { Cell, Column } from '../../output/table.ts';
import type { Times } from '../../output/times.ts';
import { keyPages } from '../../stores/pages.ts';

export interface ListKeysOptions extends KeyFilterOptions {
  readonly sort?: KeySort;
  readonly limit?: number;
  readonly includeInactive?: boolean;
}

export const KEY_COLUMNS: readonly Column[] = [
  { title: 'NAME', min: 18 },
  { title: 'ID' },
  { title: 'STATUS' },
  { title: 'SCOPES', min: 12, drop: 2 },
  { title: 'GRANTS', min: 8, drop: 3 },
  { title: 'EXPIRES', drop: 1 },
  { title: 'CREATED', drop: 4 },
];

/** Lists the keys. */
export async function listAllKeys(cli: Cli, options: ListKeysOptions): Promise<void> {
  const { includeInactive = false, sort, limit = Infinity } = options;
  await cli.withReadTables(async ({ db, settings }) => {
    const now = systemClock();
    const typed = keyFilterOf(options, settings, now);
    const isAll = includeInactive || options.status !== undefined;
    const filter = { ...typed, ...(includeInactive && { without: [] }) };
    await cli.output.answerList({
      pages: withLastUse(db, firstOf(keyPages(db, filter, sort), limit)),
      toJson: ({ row, usedAt }) => ({ ...keyJson(row), ...(usedAt && { last_used_at: usedAt.toISOString() }) }),
      columns: [...KEY_COLUMNS, { title: 'LAST USED', drop: 2 }],
      toCells: ({ row, usedAt }) => [
        ...keyCells(row, now, cli.output.times),
        { text: usedAt === undefined ? 'never' : cli.output.times.short(usedAt) },
      ],
      empty: narrows(typed)
        ? `No key is meant by that.${isAll ? '' : ' Inactive and deleted ones need --include-inactive or --status.'}`
        : 'There are no keys. Create one: metamcp-cli keys create --name NAME',
    });
  });
}

interface Listed {
  readonly row: ApiKeyRow;
  /** As far back as usage is kept. */
  readonly usedAt: Date | undefined;
}

async function* firstOf<Row>(pages: AsyncIterable<readonly Row[]>, limit: number): AsyncGenerator<readonly Row[]> {
  let left = limit;
  for await (const page of pages) {
    yield page.slice(0, left);
    left -= page.length;
    if (left <= 0) return;
  }
}

async function* withLastUse(db: Queryable, pages: AsyncIterable<readonly ApiKeyRow[]>): AsyncGenerator<Listed[]> {
  for await (const page of pages) {
    const used = await lastUsed(
      db,
      page.map(({ id }) => id),
    );
    yield page.map((row) => ({ row, usedAt: used.get(row.id) }));
  }
}

/** Lays out a key as it is, or was, at the time `now`. */
export function keyCells(row: ApiKeyRow, now: number, times: Times): Cell[] {
  const { scopes, grants } = effectiveAccess(row);
  return [
    { text: escape(row.name), style: 'bold' },
    { text: shortId(row.id) },
    keyStatus(row, now),
    { text: listed(scopes) },
    { text: listed(grants) },
    { text: row.expiresAt === null ? 'never' : times.short(row.expiresAt) },
    { text: times.short(row.createdAt) },
  ];
}
