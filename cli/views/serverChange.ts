import type { CommandResult } from '../../src/administration/enforcement.ts';
import type { McpServerRow } from '../../src/projections/tables/mcpServers.ts';
import type { Cli } from '../cli.ts';
import { serverJson } from './serverView.ts';
import { enforcementJson, warnOfEnforcement } from './enforcement.ts';

/**
 * Answers with a server as a change left it; `predicate` ends the sentence that begins with its name.
 * @param details what a person is told besides: lines (Default: nothing)
 */
export async function answerServerChange(
  { output }: Cli,
  row: McpServerRow,
  result: CommandResult,
  predicate: string,
  details: readonly string[] = [],
): Promise<void> {
  await output.answer({ ...serverJson(row), ...enforcementJson(result) }, () =>
    [`The server ${row.name} ${predicate}.`, ...details].join('\n'),
  );
  warnOfEnforcement(output, result);
}
