import type { Foreseen } from '../src/administration/foresight.ts';
import type { Cli } from './cli.ts';

/** What a change would be made to: `what` names it in a sentence. */
export interface Subject {
  readonly what: string;
  readonly members: Readonly<Record<string, string>>;
}

/** Answers with what a command would do, of which nothing is done. */
export async function answerForeseen({ output }: Cli, { what, members }: Subject, foreseen: Foreseen): Promise<void> {
  const document = { dry_run: true, ...members, would_change: foreseen.length > 0, would_append: foreseen };
  await output.answer(document, () =>
    foreseen.length === 0
      ? `${what}: it is like that already, so nothing would be done.`
      : `${what}: ${foreseen.join(' and ')} would be appended. Nothing was changed.`,
  );
}
