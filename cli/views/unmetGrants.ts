import { escape } from '../../src/escape.ts';
import type { Output } from '../output/output.ts';

/** Writes what of the grants of a key leads nowhere: sentences. */
export function unmetGrantLines(name: string, unmet: readonly string[]): string[] {
  return unmet.map((end) => escape(`The key “${name}” ${end}`));
}

/** Warns of grants that lead nowhere. */
export function warnOfGrants(output: Output, name: string, unmet: readonly string[]): void {
  for (const line of unmetGrantLines(name, unmet)) output.warn(line);
}

/** Writes what of the grants of a role leads nowhere: sentences. */
export function unmetRoleGrantLines(name: string, unmet: readonly string[]): string[] {
  return unmet.map((end) => escape(`The role “${name}” ${end.replace(/^is granted /, 'grants ')}`));
}

/** Warns of grants of a role that lead nowhere. */
export function warnOfRoleGrants(output: Output, name: string, unmet: readonly string[]): void {
  for (const line of unmetRoleGrantLines(name, unmet)) output.warn(line);
}
