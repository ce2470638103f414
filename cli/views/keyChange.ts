import type { CommandResult } from '../../src/administration/enforcement.ts';
import type { ApiKeyRow } from '../../src/projections/tables/apiKeys.ts';
import type { Cli } from '../cli.ts';
import { keyJson, keyTitle } from './keyView.ts';
import { enforcementJson, warnOfEnforcement } from './enforcement.ts';

/** Answers with a key as a change left it; `said` completes the sentence that begins with the key’s name. */
export async function answerKeyChange(
  { output }: Cli,
  row: ApiKeyRow,
  settled: CommandResult,
  said: string,
): Promise<void> {
  await output.answer({ ...keyJson(row), ...enforcementJson(settled) }, () => `The key ${keyTitle(row)} ${said}.`);
  warnOfEnforcement(output, settled);
}
