import { AppError } from '../../../../src/errors/appError.ts';
import type { CommandContext } from '../../../../src/events/metadata.ts';
import { escape } from '../../../../src/escape.ts';
import type { JobKind, Outcome, Tools } from '../../frame/model.ts';
import { runChange } from '../change/runChange.ts';
import { textScreen } from '../text/textScreen.ts';
import type { Bulk, Subject } from './bulk.ts';

/** Changes each of many, one after the other. A failure of one does not stop the others. */
export const RUN_BULK: JobKind<Bulk, readonly string[]> = {
  isChange: true,
  async run(tools, bulk, { signal, onProgress }) {
    const done: string[] = [];
    const problems: string[] = [];
    // One command for the audit trail: what was done together is undone together.
    const context = tools.commandContext();
    for (const [at, subject] of bulk.subjects.entries()) {
      onProgress(`${bulk.title}: ${String(at)} of ${String(bulk.subjects.length)}`);
      const problem = await changeOne(tools, bulk, subject, signal, context);
      if (problem?.isFailure !== true) done.push(subject.id);
      if (problem !== undefined) problems.push(`${subject.name}: ${problem.text}`);
    }
    return outcomeOf(bulk, done, problems);
  },
  take: (state, bulk, outcome) =>
    outcome.ok && outcome.result !== undefined ? bulk.unmark(state, outcome.result) : state,
};

interface Problem {
  readonly isFailure: boolean;
  readonly text: string;
}

async function changeOne(
  tools: Tools,
  { changeOf }: Bulk,
  subject: Subject,
  signal: AbortSignal,
  context: CommandContext,
): Promise<Problem | undefined> {
  try {
    const outcome = await runChange(tools, changeOf(subject), signal, tools.stores, context);
    if (!outcome.ok) return { isFailure: true, text: outcome.message };
    return outcome.warning === undefined ? undefined : { isFailure: false, text: outcome.warning };
  } catch (error) {
    // A store that went away may be back for the next one, and what is left is named.
    if (error instanceof AppError) return { isFailure: true, text: error.message };
    throw error;
  }
}

/** The marks of those that failed stay, so that the same again goes on with them. */
function outcomeOf(
  { title, subjects }: Bulk,
  done: readonly string[],
  problems: readonly string[],
): Outcome<readonly string[]> {
  const failed = subjects.length - done.length;
  const message =
    failed === 0 ? `${title}: done.` : `${title}: ${String(failed)} of ${String(subjects.length)} failed.`;
  if (problems.length === 0) return { ok: true, message, result: done };
  const lines = [
    ...problems,
    '',
    failed === 0 ? 'All are changed.' : 'The others are changed; the same again goes on with those that failed.',
  ];
  return {
    ok: true,
    message,
    warning: escape(message),
    result: done,
    opens: textScreen({ title: message, lines }),
  };
}
