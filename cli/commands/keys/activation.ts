import type { CommandResult } from '../../../src/administration/enforcement.ts';
import type { Cli } from '../../cli.ts';
import { changeKeys } from './changeKeys.ts';
import type { KeyChangeOptions } from './keyChange.ts';

/** Of a key whose history can't be read. */
const RETIRED =
  'works no longer: it is retired, whatever becomes of its history. To let it work again once that is whole: keys activate';

/** Stops a key, or those that are meant. */
export async function inactivateKeys(cli: Cli, typed: readonly string[], options: KeyChangeOptions): Promise<void> {
  await changeKeys(cli, typed, options, {
    verb: 'inactivate',
    run: ({ keys }, { id }, context, match) => keys.inactivate(id, options.reason, context, match),
    predicate: ({ retired, changed }: CommandResult) =>
      retired ? RETIRED : changed ? 'works no longer' : 'was inactive already',
  });
}

/** Lets an inactive key work again, or those that are meant. */
export async function activateKeys(cli: Cli, typed: readonly string[], options: KeyChangeOptions): Promise<void> {
  await changeKeys(cli, typed, options, {
    verb: 'activate',
    without: ['deleted'],
    readTables: 'current',
    run: ({ keys }, { id }, context, match) => keys.activate(id, options.reason, context, match),
    predicate: ({ changed }: CommandResult) => (changed ? 'is active again' : 'was active already'),
  });
}
