import type { OfferedNow } from '../catalogue/offeredNow.ts';
import { digestItem } from '../catalogue/catalogueDigest.ts';
import { rememberedTools } from '../catalogue/rememberedTools.ts';
import type { CommandHandler } from '../commands/handle.ts';
import { mcpCatalogue } from '../commands/mcpCatalogue.ts';
import { AppError, NotFound } from '../errors/appError.ts';
import type { EventStore } from '../events/eventStore.ts';
import { mcpCatalogueEvents, mcpCatalogueStream } from '../events/mcpCatalogue.ts';
import type { CommandContext } from '../events/metadata.ts';
import { recordedKey } from '../events/recordedKey.ts';
import type { Queryable } from '../postgres/database.ts';
import { approvedDefinitions, listApprovedTools } from '../projections/tables/approvedTools.ts';
import type { McpServerRow } from '../projections/tables/mcpServers.ts';
import type { Tool } from '../mcp/catalogueItems.ts';
import type { CommandResult, Enforcement } from './enforcement.ts';
import { requireServer } from './requireServer.ts';
import { readToolDifferences } from './toolDifferences.ts';

/** A tool that nobody has approved as it is now. */
export interface WaitingTool {
  readonly name: string;
  readonly digest: string;
  /** `new`: no definition of it was ever approved. */
  readonly why: 'new' | 'changed';
  /** Of a changed one: the members in which it differs from what was approved last; absent: the history does not say. */
  readonly differs?: readonly string[];
  readonly definition: Tool;
}

/** What an approval did. */
export interface ApprovalResult extends CommandResult {
  /** The definitions that are approved now and were not before. */
  readonly approved: readonly WaitingTool[];
  /** Why the server was not asked with success, so that what it has shown before counts; undefined: it was, or was not to be. */
  readonly unread: AppError | undefined;
}

/** Has a server show its tools. @throws AppError when it does not */
export type AskForTools = (server: McpServerRow) => Promise<readonly OfferedNow[]>;

/** Approves tools of servers as they are now. */
export interface ToolApproval {
  /** Lists the tools that nobody has approved as the server has shown them last, by name. @throws NotFound `server-not-found`; Unavailable */
  unapproved(server: string): Promise<readonly WaitingTool[]>;
  /**
   * Approves tools as the server shows them now; where it does not, as it has shown them last.
   * @param tools by their names; empty: all
   * @throws NotFound `server-not-found`, `tool-not-found`; Refused `catalogue-unknown` where its history has nothing of it; Unavailable
   */
  approve(
    server: string,
    tools: readonly string[],
    options: { readonly reason?: string | undefined; readonly ask?: AskForTools | undefined },
    context: CommandContext,
  ): Promise<ApprovalResult>;
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
  /** @param now what the server has just shown, which takes the place of what it has shown to the same clients before */
  async function look(row: McpServerRow, now: readonly OfferedNow[]) {
    const { name: server, createdAt } = row;
    const approved = approvedDefinitions(await listApprovedTools(db, server), createdAt);
    const names = new Set<string>();
    const waiting = new Map<string, Tool>();
    const take = (tools: readonly Tool[]): void => {
      for (const tool of tools) {
        names.add(tool.name);
        const digest = digestItem(tool);
        if (approved.get(recordedKey(tool.name))?.has(digest) !== true) waiting.set(`${digest} ${tool.name}`, tool);
      }
    };
    for (const { tools } of now) take(tools);
    const shown = new Set(now.map(({ audience }) => audience));
    for await (const { tools } of rememberedTools(db, row, shown)) take(tools);
    if (waiting.size === 0) return { names, unapproved: [] };
    const differences = await readToolDifferences(events, row, approved);
    if (!differences.isSeen) return { names, unapproved: [] };
    const unapproved = [...waiting].map(([id, definition]): WaitingTool => {
      const { name } = definition;
      const digest = id.slice(0, id.indexOf(' '));
      if (!approved.has(recordedKey(name))) return { name, digest, why: 'new', definition };
      const differs = differences.of(definition);
      return { name, digest, why: 'changed', ...(differs !== undefined && { differs }), definition };
    });
    return { names, unapproved: unapproved.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)) };
  }

  return {
    unapproved: async (server) => (await look(await requireServer(db, server), [])).unapproved,
    async approve(server, tools, { reason, ask }, context) {
      const row = await requireServer(db, server);
      const { now, unread } = await asked(row, ask);
      const { names, unapproved } = await look(row, now);
      const missing = tools.find((tool) => !names.has(tool));
      if (missing !== undefined) throw unknownTool(server, missing, [...names].sort());
      const chosen = tools.length === 0 ? unapproved : unapproved.filter(({ name }) => tools.includes(name));
      if (chosen.length === 0) {
        const nothing = { changed: false, unconfirmed: [], pending: undefined, retired: false };
        return { approved: [], unread, revision: row.revision, ...nothing };
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
      return { ...result, approved: chosen, unread };
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
