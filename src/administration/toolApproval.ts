import { readContent, unapprovedOf, type UnapprovedTool } from '../catalogue/rememberedContent.ts';
import { findRemembered, listRemembered } from '../catalogue/rememberedTable.ts';
import { recordedKey } from '../events/recordedKey.ts';
import type { CommandHandler } from '../commands/handle.ts';
import { mcpCatalogue } from '../commands/mcpCatalogue.ts';
import { NotFound } from '../errors/appError.ts';
import { mcpCatalogueEvents, mcpCatalogueStream } from '../events/mcpCatalogue.ts';
import type { CommandContext } from '../events/metadata.ts';
import type { Queryable } from '../postgres/database.ts';
import { approvedDefinitions, listApprovedTools } from '../projections/tables/approvedTools.ts';
import { findServer } from '../projections/tables/mcpServers.ts';
import type { CommandResult, Enforcement } from './enforcement.ts';

/** What an approval did. */
export interface ApprovalResult extends CommandResult {
  /** The definitions that are approved now and were not before. */
  readonly approved: readonly UnapprovedTool[];
}

/** Approves tools of servers as they are now. */
export interface ToolApproval {
  /** Lists the tools that nobody has approved as they are now, by name. @throws NotFound `server-not-found`; Unavailable */
  unapproved(server: string): Promise<readonly UnapprovedTool[]>;
  /**
   * Approves tools as the server has shown them last.
   * @param tools by their names; empty: all
   * @throws NotFound `server-not-found`, `tool-not-found`; Refused `catalogue-unknown` where its history has nothing of it; Unavailable
   */
  approve(
    server: string,
    tools: readonly string[],
    reason: string | undefined,
    context: CommandContext,
  ): Promise<ApprovalResult>;
}

export interface ToolApprovalOptions {
  readonly db: Queryable;
  readonly commands: CommandHandler;
  readonly enforcement: Pick<Enforcement, 'enforce'>;
}

/** Makes the approval of tools. docs/architecture.md, What servers offer. */
export function createToolApproval({ db, commands, enforcement }: ToolApprovalOptions): ToolApproval {
  async function look(server: string) {
    const row = await findServer(db, server);
    if (row === undefined) throw new NotFound('server-not-found', 'There is no such server.');
    const approved = approvedDefinitions(await listApprovedTools(db, server), row.createdAt);
    const names = new Set<string>();
    const found = new Map<string, UnapprovedTool>();
    // One after the other: each may be large.
    for (const { audience } of await listRemembered(db, server, row.revision)) {
      const content = await contentOf(server, audience);
      for (const name of content?.definitions.keys() ?? []) names.add(name);
      const unapproved = content === undefined ? [] : unapprovedOf(content, approved).values();
      for (const tool of unapproved) found.set(`${tool.digest} ${tool.name}`, tool);
    }
    const unapproved = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    return { row, names, unapproved };
  }

  async function contentOf(server: string, audience: string) {
    const found = await findRemembered(db, { server, audience }, undefined);
    return found === undefined || found.content === null || found.digest === null
      ? undefined
      : readContent(found.content, found.digest);
  }

  return {
    unapproved: async (server) => (await look(server)).unapproved,
    async approve(server, tools, reason, context) {
      const { row, names, unapproved } = await look(server);
      const missing = tools.find((tool) => !names.has(tool));
      if (missing !== undefined) {
        throw new NotFound('tool-not-found', `The server ${server} has shown no tool of this name.`, {
          data: { tool: missing.slice(0, 128) },
        });
      }
      const chosen = tools.length === 0 ? unapproved : unapproved.filter(({ name }) => tools.includes(name));
      if (chosen.length === 0) {
        return {
          approved: [],
          revision: row.revision,
          changed: false,
          unconfirmed: [],
          pending: undefined,
          retired: false,
        };
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
      return { ...result, approved: chosen };
    },
  };
}
