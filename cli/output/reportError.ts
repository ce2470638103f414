import { withCliName } from '../../src/cliName.ts';
import { exitCodeOf } from '../../src/exitCodeOf.ts';
import type { Surroundings } from '../surroundings.ts';
import { describeError, formatError } from './errorReport.ts';
import type { Output } from './output.ts';
import { createPaint } from './paint.ts';

/**
 * Tells a failure: with `--json` as one document on stdout, unless the answer has begun there; else as a sentence on stderr.
 * @param output (Default: a person reads)
 * @returns the exit code
 */
export async function reportError(
  { stderr, env, programName }: Pick<Surroundings, 'stderr' | 'env' | 'programName'>,
  error: unknown,
  output?: Output,
): Promise<number> {
  const found = describeError(error);
  const report = { ...found, message: withCliName(found.message, programName) };
  if (output?.json === true && !output.answered) await output.answer({ error: report }, () => '');
  else stderr.write(`${createPaint(stderr, env)('red', 'error:')} ${formatError(report)}\n`);
  return exitCodeOf(error);
}
