import type { Step } from '../../../src/configuration/applyPlan.ts';
import type { PlanProgress } from '../../../src/configuration/applyPlannedChanges.ts';
import { AppError, Conflict, Refused, Unavailable } from '../../../src/errors/appError.ts';
import { escape } from '../../../src/escape.ts';

export interface StopOptions {
  /** True: the plan ran dry, so nothing was done. */
  readonly dryRun: boolean;
  /** Names a change for people. */
  readonly titleOf: (step: Step) => string;
}

/** Makes the error of a plan that stopped before its end: what was done and what was not. A bug stays one. */
export function stopOf({ applied, failure }: PlanProgress, { dryRun, titleOf }: StopOptions): Error | undefined {
  if (failure === undefined) return undefined;
  const { step, error, rest } = failure;
  if (!(error instanceof AppError)) return error instanceof Error ? error : new TypeError(String(error));
  const [done, failed, notDone] = [applied.map(titleOf), titleOf(step), rest.map(titleOf)];
  const message = dryRun
    ? [
        `It would stop at ${escape(failed)}: ${error.message}`,
        `  Done before that: ${names(done)}.`,
        `  Not done: ${names(notDone)}. Nothing was changed.`,
      ]
    : [
        `Stopped at ${escape(failed)}: ${error.message}`,
        `  Done before: ${names(done)}.`,
        `  Not done: ${names(notDone)}. Running it again goes on from there.`,
      ];
  const options = {
    data: { failed, code: error.code, done, not_done: notDone },
    cause: error.kind === 'unavailable' ? (error.cause ?? error) : error,
  };
  if (error.kind === 'unavailable') return new Unavailable('stopped', message.join('\n'), options);
  return error.kind === 'conflict'
    ? new Conflict('stopped', message.join('\n'), options)
    : new Refused('stopped', message.join('\n'), options);
}

function names(list: readonly string[]): string {
  return list.length === 0 ? 'nothing' : list.map(escape).join(', ');
}
