import { commandContext } from '../../actor.ts';
import type { Cli } from '../../cli.ts';
import { answerKeyChange } from '../../keyChange.ts';
import { resolveKey } from '../../resolveKey.ts';

interface Options {
  readonly reason?: string;
}

/** Stops a key. */
export async function inactivateKey(cli: Cli, typed: string, { reason }: Options): Promise<void> {
  await cli.withStores(async ({ stores: { db, keys } }) => {
    const { id } = await resolveKey(db, typed);
    const settled = await keys.inactivate(id, reason, commandContext());
    const said = settled.changed ? 'works no longer' : 'was inactive already';
    await answerKeyChange(cli, await resolveKey(db, id), settled, said);
  });
}

/** Lets an inactive key work again. */
export async function activateKey(cli: Cli, typed: string, { reason }: Options): Promise<void> {
  await cli.withStores(async ({ stores: { db, keys } }) => {
    const { id } = await resolveKey(db, typed);
    const settled = await keys.activate(id, reason, commandContext());
    const said = settled.changed ? 'is active again' : 'was active already';
    await answerKeyChange(cli, await resolveKey(db, id), settled, said);
  });
}
