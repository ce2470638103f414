import type { Administration } from '../../src/administration/administration.ts';
import type { Stores } from '../../src/stores/stores.ts';
import type { Cli } from '../cli.ts';

/** What a change would be made to: `what` names it in a sentence. */
export interface Subject {
  readonly what: string;
  readonly members: Readonly<Record<string, string>>;
}

/**
 * Runs a command dry and answers with what it would append. @throws what the command throws
 * @param detailsOf what a person is told besides: lines (Default: nothing)
 * @param membersOf what a script is told besides (Default: nothing)
 */
export async function answerDryRun<Result>(
  { output }: Cli,
  { what, members }: Subject,
  stores: Pick<Stores, 'dryRun'>,
  command: (administration: Administration) => Promise<Result>,
  detailsOf: (result: Result) => readonly string[] = () => [],
  membersOf: (result: Result) => object = () => ({}),
): Promise<void> {
  const dryRun = stores.dryRun();
  const result = await command(dryRun);
  const types = dryRun.events.map(({ type }) => type);
  const document = {
    dry_run: true,
    ...members,
    would_change: types.length > 0,
    would_append: types,
    ...membersOf(result),
  };
  const sentence =
    types.length === 0
      ? `${what}: it is like that already, so nothing would be done.`
      : `${what}: ${types.join(' and ')} would be appended. Nothing was changed.`;
  await output.answer(document, () => [sentence, ...detailsOf(result)].join('\n'));
}
