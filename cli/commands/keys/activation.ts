import { commandContext } from '../../actor.ts';
import type { Cli } from '../../cli.ts';
import { answerForeseen } from '../../foreseen.ts';
import { answerKeyChange } from '../../keyChange.ts';
import { keySubject } from '../../keyView.ts';
import { resolveKey } from '../../resolveKey.ts';

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
    async ({ stores: { db, keys, foresight } }) => {
      const key = await resolveKey(db, typed);
      const { id } = key;
      if (dryRun) return answerForeseen(cli, keySubject(key), await foresight.key(id, { type: 'Inactivate', reason }));
      const settled = await keys.inactivate(id, reason, commandContext());
      const said = settled.retired ? RETIRED : settled.changed ? 'works no longer' : 'was inactive already';
      await answerKeyChange(cli, await resolveKey(db, id), settled, said);
    },
    { readTables: 'as current as possible' },
  );
}

/** Lets an inactive key work again. */
export async function activateKey(cli: Cli, typed: string, options: ActivationOptions): Promise<void> {
  const { reason, dryRun = false } = options;
  await cli.withStores(async ({ stores: { db, keys, foresight } }) => {
    const key = await resolveKey(db, typed);
    const { id } = key;
    if (dryRun) return answerForeseen(cli, keySubject(key), await foresight.key(id, { type: 'Activate', reason }));
    const settled = await keys.activate(id, reason, commandContext());
    const said = settled.changed ? 'is active again' : 'was active already';
    await answerKeyChange(cli, await resolveKey(db, id), settled, said);
  });
}
