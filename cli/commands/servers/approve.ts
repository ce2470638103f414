import type { Administration } from '../../../src/administration/administration.ts';
import { serverId } from '../../../src/administration/mcpServers.ts';
import type { UnapprovedTool } from '../../../src/catalogue/rememberedContent.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../output/escape.ts';
import { commandContext } from '../../stores/commandContext.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { enforcementJson, warnOfEnforcement } from '../../views/enforcement.ts';
import { serverSubject } from '../../views/serverView.ts';

export interface ApproveOptions {
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Approves tools of a server as they are now. */
export async function approveTools(
  cli: Cli,
  name: string,
  tools: readonly string[],
  { reason, dryRun = false }: ApproveOptions,
): Promise<void> {
  const approve = ({ approvals }: Administration) => approvals.approve(name, tools, reason, commandContext());
  await cli.withStores(async ({ stores }) => {
    if (dryRun) return answerDryRun(cli, serverSubject(name), stores, approve, ({ approved }) => lines(approved));
    const result = await approve(stores);
    const { approved } = result;
    await cli.output.answer({ id: serverId(name), name, approved: [...approved], ...enforcementJson(result) }, () =>
      approved.length === 0
        ? `No tool that the server ${name} has shown waits for an approval.`
        : [`Tools of the server ${name} are approved:`, ...lines(approved)].join('\n'),
    );
    warnOfEnforcement(cli.output, result);
  });
}

function lines(tools: readonly UnapprovedTool[]): string[] {
  return tools.map(({ name, why }) => `  ${escape(name)} (${why})`);
}
