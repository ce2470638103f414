import type { CommandResult } from '../../src/administration/enforcement.ts';
import type { ApiKeyRow } from '../../src/projections/tables/apiKeys.ts';
import type { Cli } from '../cli.ts';
import { keyJson, keyTitle } from './keyView.ts';
import { enforcementJson, warnOfEnforcement } from './enforcement.ts';

/** Answers with a key as a change left it; `predicate` ends the sentence that begins with the key’s name. */
export async function answerKeyChange(
  { output }: Cli,
  row: ApiKeyRow,
  result: CommandResult,
  predicate: string,
): Promise<void> {
  await output.answer({ ...keyJson(row), ...enforcementJson(result) }, () => `The key ${keyTitle(row)} ${predicate}.`);
  warnOfEnforcement(output, result);
}
