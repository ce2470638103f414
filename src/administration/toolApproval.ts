import type { OfferedNow } from '../catalogue/offeredNow.ts';
import type { CommandHandler } from '../commands/handle.ts';
import { mcpCatalogue } from '../commands/mcpCatalogue.ts';
import { mcpServer } from '../commands/mcpServer.ts';
import { AppError, NotFound, Refused } from '../errors/appError.ts';
import type { EventStore } from '../events/eventStore.ts';
import { mcpCatalogueEvents, mcpCatalogueStream } from '../events/mcpCatalogue.ts';
import { mcpServerEvents, mcpServerStream } from '../events/mcpServer.ts';
import type { CommandContext } from '../events/metadata.ts';
import { recordedKey } from '../events/recordedKey.ts';
import type { Queryable } from '../postgres/database.ts';
import type { McpServerRow } from '../projections/tables/mcpServers.ts';
import { shellWord } from '../shellWord.ts';
import type { CommandResult, Enforcement } from './enforcement.ts';
import { requireServer } from './requireServer.ts';
import type { GoneTool } from './toolDifferences.ts';
import { reviewTools, type WaitingTool } from './toolReview.ts';

/** What an approval did. */
export interface ApprovalResult extends CommandResult {
  /** The definitions that are approved now and were not before. */
  readonly approved: readonly WaitingTool[];
  /** The approved tools that the server shows nobody any more: an approval changes nothing of them. */
  readonly gone: readonly GoneTool[];
  /** Of the tools as the server shows them: an approval that is given it approves these, or nothing. */
  readonly digest: string;
  /** The same of some of them. @param tools by their names; empty: all */
  readonly digestOf: (tools: readonly string[]) => string;
  /** Whether a gateway has seen its tools, or some were approved. Before, all that a gateway sees first is approved. */
  readonly isSeen: boolean;
  /** Why the server was not asked with success, so that what it has shown before counts; undefined: it was, or was not to be. */
  readonly unread: AppError | undefined;
}

/** Has a server show its tools. @throws AppError when it does not */
export type AskForTools = (server: McpServerRow) => Promise<readonly OfferedNow[]>;

/** The tools of a server that wait for an approval, and the digest of all that it has shown. */
export interface UnapprovedTools {
  readonly waiting: readonly WaitingTool[];
  readonly digest: string;
}

/** Approves tools of servers as they are now. */
export interface ToolApproval {
  /** Lists the tools that nobody has approved as the server has shown them last, by name. @throws NotFound `server-not-found`; Unavailable */
  unapproved(server: string): Promise<UnapprovedTools>;
  /**
   * Approves tools as the server shows them now; where it does not, as it has shown them last.
   * @param tools by their names; empty: all
   * @throws NotFound `server-not-found`, `tool-not-found`; Refused `tools-changed` where they are not those of the digest,
   * `catalogue-unknown` where another server has the name by now; Unavailable
   */
  approve(
    server: string,
    tools: readonly string[],
    options: ApprovalOptions,
    context: CommandContext,
  ): Promise<ApprovalResult>;
}

export interface ApprovalOptions {
  readonly reason?: string | undefined;
  readonly ask?: AskForTools | undefined;
  /** Of the tools as they were looked at, or of the definition of the one tool that is named. (Default: whatever they are) */
  readonly digest?: string | undefined;
}

export interface ToolApprovalOptions {
  readonly db: Queryable;
  readonly events: Pick<EventStore, 'readStream'>;
  readonly commands: CommandHandler;
  readonly enforcement: Pick<Enforcement, 'enforce'>;
}

/** Names in a message. */
const MAX_NAMES = 20;

/** Makes the approval of tools. docs/architecture.md, What servers offer. */
export function createToolApproval({ db, events, commands, enforcement }: ToolApprovalOptions): ToolApproval {
  /** Another administrator may have approved a moment ago what is approved already. */
  async function enforceAsItIs({ name }: McpServerRow): Promise<CommandResult> {
    const stored = await commands.load(mcpCatalogue, mcpCatalogueEvents, name);
    if (stored.revision !== undefined) {
      return enforcement.enforce({ ...stored, stream: mcpCatalogueStream(name), changed: false });
    }
    // It has shown nothing yet, so that what holds is what is known of the server itself.
    const itself = await commands.load(mcpServer, mcpServerEvents, name);
    return enforcement.enforce({ ...itself, stream: mcpServerStream(name), changed: false });
  }

  return {
    async unapproved(server) {
      const row = await requireServer(db, server);
      const { waiting, digestOf } = await reviewTools({ db, events }, row, [], { asksForGone: false });
      return { waiting, digest: digestOf([]) };
    },
    async approve(server, tools, { reason, ask, digest: wanted }, context) {
      const row = await requireServer(db, server);
      const { now, unread } = await asked(row, ask);
      const { names, isSeen, waiting, gone, digestOf } = await reviewTools({ db, events }, row, now, {
        asksForGone: true,
      });
      const missing = tools.find((tool) => !names.has(tool));
      if (missing !== undefined) throw unknownTool(server, missing, [...names].sort());
      const chosen = tools.length === 0 ? waiting : waiting.filter(({ name }) => tools.includes(name));
      const digest = digestOf(tools);
      const isOfTheOne = tools.length === 1 && chosen.length === 1 && chosen[0]?.digest === wanted;
      if (wanted !== undefined && wanted !== digest && !isOfTheOne) throw otherTools(server, tools, unread);
      if (chosen.length === 0) {
        return { approved: [], gone, digest, digestOf, isSeen, unread, ...(await enforceAsItIs(row)) };
      }
      const { revision, position, changed } = await commands.handle(
        mcpCatalogue,
        mcpCatalogueEvents,
        server,
        {
          type: 'Approve',
          registeredAt: row.createdAt.toISOString(),
          tools: chosen.map(({ name, digest }) => ({ name: recordedKey(name), digest })),
          reason,
        },
        context,
      );
      const result = await enforcement.enforce({ stream: mcpCatalogueStream(server), revision, position, changed });
      return { ...result, approved: chosen, gone, digest, digestOf, isSeen, unread };
    },
  };
}

async function asked(
  row: McpServerRow,
  ask: AskForTools | undefined,
): Promise<{ readonly now: readonly OfferedNow[]; readonly unread: AppError | undefined }> {
  if (ask === undefined) return { now: [], unread: undefined };
  try {
    return { now: await ask(row), unread: undefined };
  } catch (error) {
    if (error instanceof AppError) return { now: [], unread: error };
    throw error;
  }
}

function otherTools(server: string, tools: readonly string[], unread: AppError | undefined): Refused {
  const named = tools.filter((tool) => !tool.startsWith('-')).map((tool) => ` ${shellWord(tool)}`);
  return new Refused(
    'tools-changed',
    `The server ${server} shows other tools by now than those of the digest, and nothing was approved. ` +
      (unread === undefined ? '' : `It was asked, and did not show them: ${unread.message} `) +
      `To look again: metamcp-cli servers approve ${server}${named.join('')} --dry-run`,
    { data: { server } },
  );
}

function unknownTool(server: string, tool: string, names: readonly string[]): NotFound {
  const more = names.length > MAX_NAMES ? ` and ${(names.length - MAX_NAMES).toLocaleString('en')} more` : '';
  const offered =
    names.length === 0
      ? `It has shown no tools yet. To see what it offers: metamcp-cli tools list ${server}`
      : `It has: ${names.slice(0, MAX_NAMES).join(', ')}${more}`;
  return new NotFound('tool-not-found', `The server ${server} offers no tool "${tool.slice(0, 128)}". ${offered}`, {
    data: { tool: tool.slice(0, 128), tools: names.slice(0, MAX_NAMES) },
  });
}

/** Shows a tool that waits for an approval in JSON, the same over REST and in the CLI. */
export function waitingToolDocument({ name, digest, why, differs }: WaitingTool) {
  return { name, digest, why, ...(differs !== undefined && { differs: [...differs] }) };
}
