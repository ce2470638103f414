import { AppError } from './errors/appError.ts';
import { EXIT } from './exitCode.ts';
import { foreignFault } from './foreignFault.ts';

/** Codes of kind `invalid` that are no misuse: what is stored is at fault, not the command line or the settings. */
const STORED_FAULTS: ReadonlySet<string> = new Set([
  'migration-changed',
  'sealed-damaged',
  'secrets-unreadable',
  'vault-key-damaged',
]);

/** Chooses the exit code of a failure. */
export function exitCodeOf(failure: unknown): number {
  const error = foreignFault(failure) ?? failure;
  if (!(error instanceof AppError)) return EXIT.refused;
  if (error.kind === 'unavailable') return EXIT.unreachable;
  return error.kind === 'invalid' && !STORED_FAULTS.has(error.code) ? EXIT.misuse : EXIT.refused;
}
