import type { Cli } from '../../cli.ts';
import type { ClientName } from '../../clients/clientNames.ts';
import { makeEntryChange, planEntries, type PlannedEntries } from '../../clients/entryChange.ts';
import { escape } from '../../../src/escape.ts';
import { confirm, isInteractive } from '../../input/prompt.ts';
import { Refused } from '../../../src/errors/appError.ts';
import { misuse } from '../../input/misuse.ts';
import { paintDiff } from '../../views/diffView.ts';

export interface WriteRequest extends PlannedEntries {
  readonly name: ClientName;
  /** The gateway, where the entry is that of all its servers. */
  readonly allOf: string | undefined;
  /** What is left to do afterwards. */
  readonly next: string;
  readonly options: { readonly yes?: boolean; readonly dryRun?: boolean; readonly replace?: boolean };
}

/** Shows the change of a client's file, asks, and makes it. @throws Refused `not-confirmed`; what editing throws */
export async function writeEntries(cli: Cli, request: WriteRequest): Promise<void> {
  const { name, file, entries, allOf, next, options } = request;
  const { yes = false, dryRun = false, replace = false } = options;
  const change = await planEntries(request, { replace, allOf });
  const { diff } = change;
  const changed = change.after !== change.before;
  const asks = changed && !yes && !dryRun;
  if (asks) await askFirst(cli, file, diff);
  const backup = changed && !dryRun ? await makeEntryChange(change) : undefined;
  const document = {
    client: name,
    file,
    servers: Object.keys(entries),
    written: changed && !dryRun,
    changed,
    diff,
    ...(backup === undefined ? {} : { backup }),
  };
  await cli.output.answer(document, () => {
    const shown = asks || !changed ? [] : [...paintDiff(diff, cli.output.paint), ''];
    if (!changed) return `${escape(file)} has it all already.`;
    if (dryRun) return [...shown, `Nothing was written; this would be the change of ${escape(file)}.`].join('\n');
    const kept = backup === undefined ? '' : ` What was there is kept as ${escape(backup)}.`;
    return [...shown, `${escape(file)} is written.${kept}`, next].join('\n');
  });
}

async function askFirst({ stdin, stderr, output }: Cli, file: string, diff: readonly string[]): Promise<void> {
  if (output.json || !isInteractive({ stdin, stderr })) {
    throw misuse('Nobody can be asked here: add --yes to write, or --dry-run to see the change.');
  }
  stderr.write(`${paintDiff(diff, output.paint).join('\n')}\n\n`);
  if (await confirm({ stdin, stderr }, `Write this into ${escape(file)}?`, false)) return;
  throw new Refused('not-confirmed', 'Nothing was written.');
}
