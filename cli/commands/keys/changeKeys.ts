import type { CommandResult } from '../../../src/administration/enforcement.ts';
import type { Administration } from '../../../src/administration/administration.ts';
import { escape } from '../../../src/escape.ts';
import type { ApiKeyRow } from '../../../src/projections/tables/apiKeys.ts';
import type { Cli } from '../../cli.ts';
import { askToGoOn } from '../../input/confirmation.ts';
import { isInteractive } from '../../input/prompt.ts';
import { misuse } from '../../input/misuse.ts';
import { commandContext } from '../../stores/commandContext.ts';
import { resolveKey } from '../../stores/resolveKey.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { answerKeyChange } from '../../views/keyChange.ts';
import { keySubject, keyTitle } from '../../views/keyView.ts';
import { capitalized } from './capitalized.ts';
import { changeSeveral } from './changeSeveral.ts';
import type { KeyChange, KeyChangeOptions } from './keyChange.ts';
import { meansOne } from './whichKeys.ts';

/** How the answer to a change of one key ends; it begins with the key. */
type Predicate<Result> = (result: Result, row: ApiKeyRow) => string;

/**
 * Changes a key that is named, or those that are meant.
 * @param predicateOfOne (Default: as of several)
 * @throws Refused `keys-not-changed`, `not-confirmed`; Invalid `usage`; what refuses the change
 */
export async function changeKeys<Result extends CommandResult>(
  cli: Cli,
  typed: readonly string[],
  options: KeyChangeOptions,
  change: KeyChange<Result>,
  predicateOfOne: Predicate<Result> = change.predicate,
): Promise<void> {
  const [first = ''] = typed;
  if (meansOne(typed, options)) await changeOne(cli, first, options, change, predicateOfOne);
  else await changeSeveral(cli, typed, options, change);
}

async function changeOne<Result extends CommandResult>(
  cli: Cli,
  typed: string,
  { confirm = false, dryRun = false }: KeyChangeOptions,
  change: KeyChange<Result>,
  predicate: Predicate<Result>,
): Promise<void> {
  const final = confirm || dryRun ? undefined : change.final;
  // Before any store is opened.
  if (final !== undefined && !isInteractive(cli)) throw misuse(final);
  await cli.withStores(
    async ({ stores }) => {
      const key = await resolveKey(stores.db, typed);
      const run = async (administration: Administration) => {
        const result = await change.run(administration, key, commandContext(cli), {});
        if (!result.changed) change.refuseUnchanged?.([key]);
        return result;
      };
      if (dryRun) await answerDryRun(cli, keySubject(key), stores, run);
      else {
        if (final !== undefined) {
          await askToGoOn(cli, { question: `${capitalized(change.verb)} ${keyTitle(key)} for good?`, refusal: final });
        }
        const result = await run(stores);
        const row = await resolveKey(stores.db, key.id);
        await answerKeyChange(cli, row, result, predicate(result, row));
      }
      for (const warning of (await change.warnings?.(stores, [key])) ?? []) cli.output.warn(escape(warning));
    },
    { readTables: change.readTables ?? 'as current as possible' },
  );
}
