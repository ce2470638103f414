import { systemClock } from '../../../src/clock.ts';
import type { Cli } from '../../cli.ts';
import type { Client, ClientName, Entry } from '../../clients/client.ts';
import { editFile } from '../../clients/editFile.ts';
import { formatDiff, lineDiff } from '../../clients/lineDiff.ts';
import { readOrEmpty, replaceFile } from '../../clients/replaceFile.ts';
import { escape } from '../../../src/escape.ts';
import type { Paint } from '../../output/paint.ts';
import { confirm, isInteractive } from '../../input/prompt.ts';
import { Refused } from '../../../src/errors/appError.ts';
import { misuse } from '../../input/misuse.ts';

export interface WriteRequest {
  readonly name: ClientName;
  readonly client: Client;
  readonly file: string;
  readonly entries: Readonly<Record<string, Entry>>;
  /** The gateway, where the entry is that of all its servers. */
  readonly allOf: string | undefined;
  /** What is left to do afterwards. */
  readonly next: string;
  readonly options: { readonly yes?: boolean; readonly dryRun?: boolean; readonly replace?: boolean };
}

/** Shows the change of a client's file, asks, and makes it. @throws Refused `not-confirmed`; what editing throws */
export async function writeEntries(cli: Cli, request: WriteRequest): Promise<void> {
  const { name, client, file, entries, allOf, next, options } = request;
  const { yes = false, dryRun = false, replace = false } = options;
  const before = await readOrEmpty(file);
  const after = editFile(client, before, entries, { replace, allOf });
  const changed = after !== before;
  const diff = formatDiff(lineDiff(before, after));
  const asks = changed && !yes && !dryRun;
  if (asks) await askFirst(cli, file, diff);
  const backup =
    changed && !dryRun ? await replaceFile(file, { before, after, now: new Date(systemClock()) }) : undefined;
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

function paintDiff(diff: readonly string[], paint: Paint): string[] {
  return diff.map((line) => {
    const safe = escape(line);
    if (line.startsWith('+')) return paint('green', safe);
    return line.startsWith('-') ? paint('red', safe) : safe;
  });
}
