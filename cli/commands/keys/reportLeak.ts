import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createReportLeaks } from '../../../src/administration/leakReports.ts';
import type { LeakedKey } from '../../../src/administration/leakReports.ts';
import { keysIn, type ApiKey } from '../../../src/auth/keyFormat.ts';
import { API_KEY_LENGTH } from '../../../src/auth/keyText.ts';
import { createFindLeakedKeys } from '../../../src/administration/leakedKeys.ts';
import { findKey, type ApiKeyRow } from '../../../src/projections/tables/apiKeys.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import { escape } from '../../../src/escape.ts';
import type { Cli } from '../../cli.ts';
import { misuse } from '../../input/misuse.ts';
import { commandContext } from '../../stores/commandContext.ts';
import { shortId } from '../../../src/shortId.ts';
import { enforcementJson, warnOfUnconfirmed } from '../../views/enforcement.ts';

export interface ReportLeakOptions {
  /** `-` for stdin. (Default: stdin) */
  readonly file?: string;
  /** Where it was found. */
  readonly where?: string;
  readonly dryRun?: boolean;
}

/** Keys that are looked up and reported at once. */
const AT_ONCE = 500;

/** Inactivates all keys whose text stands in a file of any kind and size. */
export async function reportLeak(cli: Cli, { file, where, dryRun = false }: ReportLeakOptions): Promise<void> {
  await cli.withStores(
    async ({ stores }) => {
      const { keys } = dryRun ? stores.dryRun() : stores;
      const report = createReportLeaks({ find: createFindLeakedKeys(stores), keys });
      const context = commandContext(cli);
      async function* leaked(): AsyncGenerator<readonly Leaked[]> {
        for await (const found of keysInStream(inputOf(cli, file))) {
          const results = await report(
            found.map(({ text }) => ({ text, where })),
            context.actor,
            context,
          );
          yield await withRows(stores, results);
          for (const result of results) warnOfUnconfirmed(cli.output, result);
        }
      }
      await cli.output.answerList({
        pages: leaked(),
        toJson: ({ row, result }) => ({
          id: row.id,
          name: row.name,
          status: row.status,
          ...(dryRun ? { would_change: result.changed } : enforcementJson(result)),
        }),
        columns: [{ title: 'NAME', min: 10 }, { title: 'ID' }, { title: 'WHAT', min: 16 }],
        toCells: ({ row, result }) => [
          { text: escape(row.name), style: 'bold' },
          { text: shortId(row.id) },
          { text: textOf(result, dryRun), style: 'red' },
        ],
        empty: 'No key of this installation is in it.',
      });
    },
    { readTables: 'as current as possible' },
  );
}

interface Leaked {
  readonly row: ApiKeyRow;
  readonly result: LeakedKey;
}

async function withRows({ db }: Stores, results: readonly LeakedKey[]): Promise<readonly Leaked[]> {
  const rows = await Promise.all(results.map(({ id }) => findKey(db, id)));
  return results.flatMap((result, at) => {
    const row = rows[at];
    return row === undefined ? [] : [{ row, result }];
  });
}

function textOf({ changed }: LeakedKey, dryRun: boolean): string {
  if (!changed) return 'was reported before, and is inactive';
  return dryRun ? 'leaked; it would be inactivated' : 'leaked; it works no longer';
}

/** The name of the file is not repeated: it may be the key, in the wrong place. */
async function* inputOf(cli: Cli, file: string | undefined): AsyncGenerator<Buffer> {
  const stream = file === undefined || file === '-' ? cli.stdin : createReadStream(resolve(cli.cwd, file));
  try {
    for await (const chunk of stream) yield Buffer.from(chunk as Buffer | string);
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw misuse(`The file can’t be read (${code}).`);
  }
}

/** Finds keys in bytes of any kind, a bounded number at a time; one that was found a moment ago is not found again. */
async function* keysInStream(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly ApiKey[]> {
  let rest = '';
  let found = new Map<string, ApiKey>();
  for await (const chunk of chunks) {
    // A key is ASCII, so that one byte is one character, whatever the file is.
    const text = rest + chunk.toString('latin1');
    for (const key of keysIn(text)) found.set(key.text, key);
    rest = text.slice(-(API_KEY_LENGTH - 1));
    if (found.size < AT_ONCE) continue;
    yield [...found.values()];
    found = new Map();
  }
  if (found.size > 0) yield [...found.values()];
}
