import type { Administration } from '../../../src/administration/administration.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { answerKeyChange } from '../../views/keyChange.ts';
import { keySubject } from '../../views/keyView.ts';
import { resolveKey } from '../../stores/resolveKey.ts';

/** Of a key whose history can't be read. */
const RETIRED =
  'works no longer: it is retired, whatever becomes of its history. To let it work again once that is whole: keys activate';

export interface ActivationOptions {
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Stops a key. */
export async function inactivateKey(cli: Cli, typed: string, options: ActivationOptions): Promise<void> {
  const { reason, dryRun = false } = options;
  await cli.withStores(
    async ({ stores }) => {
      const { db } = stores;
      const key = await resolveKey(db, typed);
      const { id } = key;
      const change = ({ keys }: Administration) => keys.inactivate(id, reason, commandContext());
      if (dryRun) return answerDryRun(cli, keySubject(key), stores, change);
      const result = await change(stores);
      const predicate = result.retired ? RETIRED : result.changed ? 'works no longer' : 'was inactive already';
      await answerKeyChange(cli, await resolveKey(db, id), result, predicate);
    },
    { readTables: 'as current as possible' },
  );
}

/** Lets an inactive key work again. */
export async function activateKey(cli: Cli, typed: string, options: ActivationOptions): Promise<void> {
  const { reason, dryRun = false } = options;
  await cli.withStores(async ({ stores }) => {
    const { db } = stores;
    const key = await resolveKey(db, typed);
    const { id } = key;
    const change = ({ keys }: Administration) => keys.activate(id, reason, commandContext());
    if (dryRun) return answerDryRun(cli, keySubject(key), stores, change);
    const result = await change(stores);
    const predicate = result.changed ? 'is active again' : 'was active already';
    await answerKeyChange(cli, await resolveKey(db, id), result, predicate);
  });
}
