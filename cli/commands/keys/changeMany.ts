import type { Administration } from '../../../src/administration/administration.ts';
import type { CommandResult } from '../../../src/administration/enforcement.ts';
import { systemClock } from '../../../src/clock.ts';
import { AppError, Refused } from '../../../src/errors/appError.ts';
import type { ApiKeyRow } from '../../../src/projections/tables/apiKeys.ts';
import { narrows, type KeyFilter } from '../../../src/projections/tables/keyFilter.ts';
import { listKeys } from '../../../src/projections/tables/keyLists.ts';
import { escape } from '../../../src/escape.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import type { Cli } from '../../cli.ts';
import type { KeyFilterOptions } from '../../input/keyFilterOptions.ts';
import { misuse } from '../../input/misuse.ts';
import { describeError } from '../../output/errorReport.ts';
import type { Cell, Column } from '../../output/table.ts';
import { keyFilterOf } from '../../stores/keyFilter.ts';
import { enforcementJson, warnOfUnconfirmed } from '../../views/enforcement.ts';
import { keyStatus, keyTitle } from '../../views/keyView.ts';
import { shortId } from '../../../src/shortId.ts';

/** Keys that one command changes at most: each is one change, with its own report. */
const MAX_KEYS = 1_000;

/** Named in the question whether all of them are meant. */
const NAMED = 10;

/** What is done to each of many keys. */
export interface ManyChange<Result extends CommandResult> {
  /** As in: It would inactivate 3 keys. */
  readonly verb: string;
  /** Those that are looked at where no status is asked for. (Default: all but inactive and deleted ones) */
  readonly without?: KeyFilter['without'];
  readonly change: (administration: Administration, key: ApiKeyRow) => Promise<Result>;
  /** What is told of one that was changed. */
  readonly predicate: (result: Result) => string;
  /** More members of its document. (Default: none) */
  readonly members?: (result: Result) => object;
}

export interface ManyOptions extends KeyFilterOptions {
  readonly confirm?: boolean;
  readonly dryRun?: boolean;
}

/** Tells whether a command line means keys by what they are, and not one by its id. @throws Invalid `usage` when both or none */
export function meansMany(id: string | undefined, options: KeyFilterOptions): id is undefined {
  const { tag, owner, status, name, grant, role, unusedSince, expiresBefore } = options;
  const many = [tag, owner, status, name, grant, role, unusedSince, expiresBefore].some((each) => each !== undefined);
  if (many && id !== undefined) throw misuse('Either the id of one key, or options that say which keys are meant.');
  if (!many && id === undefined) throw misuse('Say which key: its id, or --tag, --owner and the like for several.');
  return many;
}

/**
 * Changes each key that fits, one after the other. A failure of one does not stop the others.
 * @throws Refused `keys-not-changed` when some failed; Invalid `usage` without --confirm
 */
export async function changeMany<Result extends CommandResult>(
  cli: Cli,
  { confirm = false, dryRun = false, ...options }: ManyOptions,
  many: ManyChange<Result>,
): Promise<void> {
  await cli.withStores(
    async ({ stores, settings }) => {
      const typed = keyFilterOf(options, settings, systemClock());
      if (!narrows(typed)) throw misuse('Say which keys are meant: an option without a value means all of them.');
      const keys = await keysThatFit(stores, { without: many.without, ...typed });
      if (dryRun) return answerPlan(cli, stores, keys, many);
      if (!confirm && keys.length > 0) throw unconfirmed(keys, many.verb);
      const failed: Failed[] = [];
      await cli.output.answerList({
        pages: changes(stores, keys, many, failed),
        toJson: ({ key, result, failure }) => ({
          ...named(key),
          ...(result && { ...enforcementJson(result), ...many.members?.(result) }),
          ...(failure && { error: { code: failure.code, message: failure.message } }),
        }),
        columns: COLUMNS,
        toCells: ({ key, result, failure }) =>
          cells(key, failure ?? { text: result === undefined ? '' : many.predicate(result), style: 'green' }),
        empty: 'No key is meant by that.',
      });
      if (failed.length > 0) throw notChanged(failed, keys.length);
    },
    { readTables: 'as current as possible' },
  );

  async function* changes(
    stores: Stores,
    keys: readonly ApiKeyRow[],
    each: ManyChange<Result>,
    failed: Failed[],
  ): AsyncGenerator<readonly Changed<Result>[]> {
    for (const key of keys) {
      try {
        const result = await each.change(stores, key);
        // With --json it is in each document.
        warnOfUnconfirmed(cli.output, result);
        yield [{ key, result, failure: undefined }];
      } catch (error) {
        const failure = failureOf(error);
        failed.push({ key, failure });
        yield [{ key, result: undefined, failure }];
      }
    }
  }
}

interface Changed<Result> {
  readonly key: ApiKeyRow;
  readonly result: Result | undefined;
  readonly failure: Failed['failure'] | undefined;
}

interface Planned {
  readonly key: ApiKeyRow;
  readonly types: readonly string[] | undefined;
  readonly failure: Failed['failure'] | undefined;
}

interface Failed {
  readonly key: ApiKeyRow;
  readonly failure: { readonly code: string; readonly message: string };
}

/** @throws the error unless it refuses this key alone */
function failureOf(error: unknown): Failed['failure'] {
  if (!(error instanceof AppError)) throw error;
  const { code, message } = describeError(error);
  return { code, message };
}

/** @throws Refused `too-many-keys` */
async function keysThatFit({ db }: Stores, filter: KeyFilter): Promise<readonly ApiKeyRow[]> {
  const keys = await listKeys(db, { ...filter, limit: MAX_KEYS + 1 });
  if (keys.length <= MAX_KEYS) return keys;
  throw new Refused(
    'too-many-keys',
    `More than ${MAX_KEYS} keys are meant. Narrow them: --tag, --owner, --name, --status.`,
  );
}

function unconfirmed(keys: readonly ApiKeyRow[], verb: string): Error {
  const shown = keys.slice(0, NAMED).map((key) => `  ${keyTitle(key)}`);
  const more = keys.length > NAMED ? '\n  …' : '';
  const what = keys.length === 1 ? '1 key' : `${keys.length} keys`;
  return misuse(
    `It would ${verb} ${what}:\n${shown.join('\n')}${more}\nTo see what would be done to each: --dry-run; to do it: --confirm`,
  );
}

function notChanged(failed: readonly Failed[], of: number): Refused {
  const shown = failed.slice(0, NAMED).map(({ key, failure }) => `${keyTitle(key)}: ${failure.message}`);
  const more = failed.length > NAMED ? '\n  …' : '';
  const message = `Of ${of} keys, ${failed.length} could not be changed:\n  ${shown.join('\n  ')}${more}\nThe others are. The same command again goes on with those that are left.`;
  return new Refused('keys-not-changed', message, { data: { ids: failed.map(({ key }) => key.id) } });
}

async function answerPlan<Result extends CommandResult>(
  { output }: Cli,
  stores: Stores,
  keys: readonly ApiKeyRow[],
  { change }: ManyChange<Result>,
): Promise<void> {
  async function* plan(): AsyncGenerator<readonly Planned[]> {
    for (const key of keys) {
      const dryRun = stores.dryRun();
      try {
        await change(dryRun, key);
        yield [{ key, types: dryRun.events.map(({ type }) => type), failure: undefined }];
      } catch (error) {
        yield [{ key, types: undefined, failure: failureOf(error) }];
      }
    }
  }
  await output.answerList({
    pages: plan(),
    toJson: ({ key, types, failure }) => ({
      ...named(key),
      ...(types && { would_change: types.length > 0, would_append: types }),
      ...(failure && { error: failure }),
    }),
    columns: COLUMNS,
    toCells: ({ key, types = [], failure }) =>
      cells(
        key,
        failure ?? { text: types.length === 0 ? 'nothing: it is so already' : `would append ${types.join(', ')}` },
      ),
    empty: 'No key is meant by that.',
  });
}

const COLUMNS: readonly Column[] = [
  { title: 'NAME', min: 10 },
  { title: 'ID' },
  { title: 'STATUS' },
  { title: 'WHAT', min: 16 },
];

function named(key: ApiKeyRow): object {
  return { id: key.id, name: key.name, status: key.status };
}

function cells(key: ApiKeyRow, what: Cell | Failed['failure']): Cell[] {
  return [
    { text: escape(key.name), style: 'bold' },
    { text: shortId(key.id) },
    keyStatus(key, systemClock()),
    'code' in what ? { text: `not changed: ${escape(what.message)}`, style: 'red' } : what,
  ];
}
