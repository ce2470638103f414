import type { Administration } from '../../../src/administration/administration.ts';
import { serverId } from '../../../src/administration/mcpServers.ts';
import {
  waitingToolDocument,
  type ApprovalResult,
  type AskForTools,
} from '../../../src/administration/toolApproval.ts';
import { readOfferedNow } from '../../../src/catalogue/offeredNow.ts';
import { liveServerOf } from '../../../src/live/liveServers.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import type { Cli } from '../../cli.ts';
import { interruptible } from '../../input/interruption.ts';
import { escape } from '../../output/escape.ts';
import { commandContext } from '../../stores/commandContext.ts';
import { openServerSecrets } from '../../stores/serverSecrets.ts';
import { visitPatiently } from '../../upstream/patientVisit.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { enforcementJson, warnOfEnforcement } from '../../views/enforcement.ts';
import { serverSubject } from '../../views/serverView.ts';
import { waitingToolLines } from '../../views/waitingTools.ts';

export interface ApproveOptions {
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Approves tools of a server as it shows them now. */
export async function approveTools(
  cli: Cli,
  name: string,
  tools: readonly string[],
  { reason, dryRun = false }: ApproveOptions,
): Promise<void> {
  await cli.withStores(async ({ stores }) => {
    const approve = ({ approvals }: Administration): Promise<ApprovalResult> =>
      interruptible((signal) =>
        approvals.approve(name, tools, { reason, ask: askFrom(stores, signal) }, commandContext()),
      );
    if (dryRun) {
      return answerDryRun(cli, serverSubject(name), stores, approve, (result) => {
        warnOfUnread(cli, name, result);
        return waitingToolLines(result.approved);
      });
    }
    const result = await approve(stores);
    const { approved, unread } = result;
    const document = {
      id: serverId(name),
      name,
      approved: approved.map(waitingToolDocument),
      ...(unread !== undefined && { unread: { code: unread.code, message: unread.message } }),
      ...enforcementJson(result),
    };
    await cli.output.answer(document, () =>
      approved.length === 0
        ? `No tool of the server ${name} waits for an approval.`
        : [`Tools of the server ${name} are approved as they are now:`, ...waitingToolLines(approved)].join('\n'),
    );
    warnOfUnread(cli, name, result);
    warnOfEnforcement(cli.output, result);
  });
}

function askFrom({ vault }: Pick<Stores, 'vault'>, signal: AbortSignal): AskForTools {
  return async (row) => {
    const server = liveServerOf(row, await openServerSecrets(vault, row));
    return await visitPatiently(server, { signal }, async ({ upstream }, either) => [
      await readOfferedNow(upstream, either),
    ]);
  };
}

function warnOfUnread({ output }: Cli, name: string, { unread }: ApprovalResult): void {
  if (unread === undefined) return;
  output.warn(`${name} did not show its tools, so what it has shown before counts: ${escape(unread.message)}`);
}
