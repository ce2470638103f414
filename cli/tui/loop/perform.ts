import { withCliName } from '../../../src/cliName.ts';
import { AppError, Refused } from '../../../src/errors/appError.ts';
import { escape } from '../../../src/escape.ts';
import { describeError, formatError } from '../../output/errorReport.ts';
import type { Dispatch, Effect, Job, JobOptions, LeaveEffect, Outcome, Tools } from '../frame/model.ts';

export interface PerformOptions extends Tools {
  /** How the user has started the CLI, for messages. */
  readonly programName?: string | undefined;
  /** Writes to the terminal, past Ink. */
  readonly write: (text: string) => void;
  /** Ends the TUI. */
  readonly leave: (end: LeaveEffect) => void;
}

/** Makes what carries out effects: everything that the TUI does to the world outside. */
export function createPerform({
  programName,
  write,
  leave,
  ...tools
}: PerformOptions): (effect: Effect, dispatch: Dispatch) => void {
  const cancels = new Map<number, AbortController>();

  async function perform(effect: Effect, dispatch: Dispatch): Promise<void> {
    switch (effect.effect) {
      case 'read': {
        const { source, query } = effect;
        dispatch({ type: 'read', source, query, result: await source.read(tools, query) });
        return;
      }
      case 'work': {
        const { work, job } = effect;
        const controller = new AbortController();
        cancels.set(work, controller);
        const onProgress = (message: string, result?: unknown) =>
          dispatch({ type: 'progressed', work, message, result });
        const outcome = await runJob(tools, job, { signal: controller.signal, onProgress });
        cancels.delete(work);
        dispatch({ type: 'ended', work, outcome: { ...outcome, message: withCliName(outcome.message, programName) } });
        if (job.kind.isChange === true) dispatch({ type: 'changed' });
        return;
      }
      case 'cancel':
        cancels.get(effect.work)?.abort(cancelled());
        return;
      case 'copy':
        write(copySequence(effect.text));
        return;
      case 'leave':
        for (const controller of cancels.values()) controller.abort(cancelled());
        leave(effect);
    }
  }

  return (effect, dispatch) => {
    perform(effect, dispatch).catch((error: unknown) =>
      dispatch({ type: 'failed', message: withCliName(formatError(describeError(error)), programName) }),
    );
  };
}

/** Runs a job. A failure is an outcome like any other; never rejects. */
async function runJob(tools: Tools, { kind, input }: Job, options: JobOptions): Promise<Outcome> {
  try {
    return await kind.run(tools, input, options);
  } catch (error) {
    const message = error instanceof AppError ? error.message : formatError(describeError(error));
    return { ok: false, message: escape(message) };
  }
}

/** The reason goes with the signal: what went wrong before is not called a cancellation. */
function cancelled(): Refused {
  return new Refused('cancelled', 'It was cancelled.');
}

/** Asks the terminal to take a text into the clipboard, also over ssh (xterm, OSC 52). */
function copySequence(text: string): string {
  return `\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`;
}
