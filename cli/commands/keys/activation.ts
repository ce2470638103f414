import type { Administration } from '../../../src/administration/administration.ts';
import type { CommandResult } from '../../../src/administration/enforcement.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { answerKeyChange } from '../../views/keyChange.ts';
import { keySubject } from '../../views/keyView.ts';
import type { KeyFilterOptions } from '../../input/keyFilterOptions.ts';
import { changeMany, meansMany } from './changeMany.ts';
import { resolveKey } from '../../stores/resolveKey.ts';

/** Of a key whose history can't be read. */
const RETIRED =
  'works no longer: it is retired, whatever becomes of its history. To let it work again once that is whole: keys activate';

export interface ActivationOptions extends KeyFilterOptions {
  /** Of many. */
  readonly confirm?: boolean;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Stops a key, or those that fit. */
export async function inactivateKey(cli: Cli, typed: string | undefined, options: ActivationOptions): Promise<void> {
  const { reason, dryRun = false } = options;
  if (meansMany(typed, options)) {
    await changeMany(cli, options, {
      verb: 'inactivate',
      change: ({ keys }, { id }) => keys.inactivate(id, reason, commandContext(cli)),
      predicate: inactivated,
    });
    return;
  }
  await cli.withStores(
    async ({ stores }) => {
      const { db } = stores;
      const key = await resolveKey(db, typed);
      const { id } = key;
      const change = ({ keys }: Administration) => keys.inactivate(id, reason, commandContext(cli));
      if (dryRun) return answerDryRun(cli, keySubject(key), stores, change);
      const result = await change(stores);
      await answerKeyChange(cli, await resolveKey(db, id), result, inactivated(result));
    },
    { readTables: 'as current as possible' },
  );
}

function inactivated({ retired, changed }: CommandResult): string {
  return retired ? RETIRED : changed ? 'works no longer' : 'was inactive already';
}

/** Lets an inactive key work again, or those that fit. */
export async function activateKey(cli: Cli, typed: string | undefined, options: ActivationOptions): Promise<void> {
  const { reason, dryRun = false } = options;
  if (meansMany(typed, options)) {
    await changeMany(cli, options, {
      verb: 'activate',
      without: ['deleted'],
      change: ({ keys }, { id }) => keys.activate(id, reason, commandContext(cli)),
      predicate: activated,
    });
    return;
  }
  await cli.withStores(async ({ stores }) => {
    const { db } = stores;
    const key = await resolveKey(db, typed);
    const { id } = key;
    const change = ({ keys }: Administration) => keys.activate(id, reason, commandContext(cli));
    if (dryRun) return answerDryRun(cli, keySubject(key), stores, change);
    const result = await change(stores);
    await answerKeyChange(cli, await resolveKey(db, id), result, activated(result));
  });
}

function activated({ changed }: CommandResult): string {
  return changed ? 'is active again' : 'was active already';
}
