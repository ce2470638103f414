import type { Administration } from '../../../src/administration/administration.ts';
import { serverId } from '../../../src/administration/serverId.ts';
import { waitingToolDocument, type ApprovalResult } from '../../../src/administration/toolApproval.ts';
import { present } from '../../../src/administration/present.ts';
import type { WaitingTool } from '../../../src/administration/toolReview.ts';
import { shellWord } from '../../../src/shellWord.ts';
import type { Cli } from '../../cli.ts';
import { interruptible } from '../../input/interruption.ts';
import { escape } from '../../../src/escape.ts';
import { commandContext } from '../../stores/commandContext.ts';
import { openServerSecrets } from '../../stores/serverSecrets.ts';
import { askForTools } from '../../upstream/askForTools.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { enforcementJson, warnOfEnforcement } from '../../views/enforcement.ts';
import { serverSubject } from '../../views/serverView.ts';
import { goneToolLines, waitingToolLines } from '../../views/waitingTools.ts';

export interface ApproveOptions {
  /** Of the tools as a dry run has shown them. */
  readonly digest?: string;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Approves tools of a server as it shows them now. */
export async function approveTools(
  cli: Cli,
  name: string,
  tools: readonly string[],
  { digest, reason, dryRun = false }: ApproveOptions,
): Promise<void> {
  await cli.withStores(async ({ stores }) => {
    const { db, vault } = stores;
    const askFrom = (signal: AbortSignal) =>
      askForTools({ db, secretsOf: (row) => openServerSecrets(vault, row), signal });
    const approve = ({ approvals }: Administration): Promise<ApprovalResult> =>
      interruptible((signal) =>
        approvals.approve(name, tools, { digest, reason, ask: askFrom(signal) }, commandContext(cli)),
      );
    if (dryRun) {
      const linesOf = (result: ApprovalResult): string[] => {
        warnOfUnread(cli, name, result);
        return [...unseenLines(result), ...reviewLines(result), ...commandLines(name, tools, result)];
      };
      return answerDryRun(
        cli,
        serverSubject(name),
        stores,
        approve,
        linesOf,
        ({ approved, gone, unread, digest: shown }) => ({
          digest: shown,
          tools: approved.map(reviewedToolDocument),
          gone: gone.map(({ name: tool, since }) => ({ name: tool, ...present({ since }) })),
          ...unreadMember(unread),
        }),
      );
    }
    const result = await approve(stores);
    const { approved, unread } = result;
    const document = {
      id: serverId(name),
      name,
      approved: approved.map(waitingToolDocument),
      ...unreadMember(unread),
      ...enforcementJson(result),
    };
    await cli.output.answer(document, () =>
      approved.length === 0
        ? [`No tool of the server ${name} waits for an approval.`, ...unseenLines(result)].join('\n')
        : [`Tools of the server ${name} are approved as they are now:`, ...waitingToolLines(approved)].join('\n'),
    );
    warnOfUnread(cli, name, result);
    warnOfEnforcement(cli.output, result);
  });
}

/** What becomes of a server of which nothing was seen or approved. */
function unseenLines({ isSeen }: ApprovalResult): string[] {
  if (isSeen) return [];
  return [
    'No gateway has seen its tools yet. As long as none of them is approved, ' +
      'the first list that a client gets is approved as it is then.',
  ];
}

/** What waits, with what it was before, and what is gone. */
function reviewLines({ approved, gone }: ApprovalResult): string[] {
  return [...waitingToolLines(approved), ...goneToolLines(gone)];
}

/** The command that approves what a dry run has shown, and nothing else. */
function commandLines(name: string, tools: readonly string[], { approved, digest }: ApprovalResult): string[] {
  if (approved.length === 0) return [];
  const words = [name, ...tools, '--digest', digest].map(shellWord).join(' ');
  return [`To approve exactly these: metamcp-cli servers approve ${words}`];
}

function reviewedToolDocument(tool: WaitingTool): object {
  const { definition, former } = tool;
  return { ...waitingToolDocument(tool), definition, ...present({ former }) };
}

function unreadMember(unread: ApprovalResult['unread']): object {
  return unread === undefined ? {} : { unread: { code: unread.code, message: unread.message } };
}

function warnOfUnread({ output }: Cli, name: string, { unread }: ApprovalResult): void {
  if (unread === undefined) return;
  output.warn(`${name} did not show its tools, so what it has shown before counts: ${escape(unread.message)}`);
}
