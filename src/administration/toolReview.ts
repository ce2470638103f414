import { createHash } from 'node:crypto';
import { digestItems } from '../catalogue/catalogueDigest.ts';
import type { OfferedNow } from '../catalogue/offeredNow.ts';
import { rememberedTools } from '../catalogue/rememberedTools.ts';
import type { EventStore } from '../events/eventStore.ts';
import { recordedKey } from '../events/recordedKey.ts';
import type { Tool } from '../mcp/catalogueItems.ts';
import type { Queryable } from '../postgres/database.ts';
import { approvedDefinitions, listApprovedTools } from '../projections/tables/approvedTools.ts';
import type { McpServerRow } from '../projections/tables/mcpServers.ts';
import { readToolDifferences, type GoneTool, type ToolDifferences } from './toolDifferences.ts';

/** A tool that nobody has approved as it is now. */
export interface WaitingTool {
  readonly name: string;
  readonly digest: string;
  /** `new`: no definition of it was ever approved. */
  readonly why: 'new' | 'changed';
  /** Of a changed one: the members in which it differs from what was approved last; absent: the history does not say. */
  readonly differs?: readonly string[];
  readonly definition: Tool;
  /** As it was approved last; absent: it is remembered by its digest only. */
  readonly former?: Tool;
}

/** What a server shows of its tools, and what of it waits for an approval. */
export interface ToolReview {
  readonly names: ReadonlySet<string>;
  /** Whether its history has something of what it offers, or what was approved. Before, all that a gateway sees first is approved. */
  readonly isSeen: boolean;
  readonly waiting: readonly WaitingTool[];
  readonly gone: readonly GoneTool[];
  /** The digest of some tools as the server shows them, to whomever. @param tools by their names; empty: all */
  digestOf(tools: readonly string[]): string;
}

const NO_DIFFERENCES: ToolDifferences = { isSeen: false, of: () => undefined, gone: () => [] };

/**
 * Looks at the tools of a server.
 * @param now what the server has just shown, which takes the place of what it has shown to the same clients before
 * @param options.asksForGone false: none are looked for
 * @throws Unavailable
 */
export async function reviewTools(
  { db, events }: { readonly db: Queryable; readonly events: Pick<EventStore, 'readStream'> },
  row: McpServerRow,
  now: readonly OfferedNow[],
  { asksForGone }: { readonly asksForGone: boolean },
): Promise<ToolReview> {
  const approved = approvedDefinitions(await listApprovedTools(db, row.name), row.createdAt);
  const isApproved = ({ name }: Tool, digest: string): boolean => approved.get(recordedKey(name))?.has(digest) === true;
  const names = new Set<string>();
  const waiting = new Map<string, Tool>();
  const shown = new Map<string, string>();
  const former = new Map<string, Tool>();
  const take = (tools: readonly Tool[], digests: readonly string[]): void => {
    for (const [at, tool] of tools.entries()) {
      const digest = digests[at] ?? '';
      names.add(tool.name);
      shown.set(JSON.stringify([tool.name, digest]), tool.name);
      if (!isApproved(tool, digest)) waiting.set(`${digest} ${tool.name}`, tool);
    }
  };
  for (const { tools } of now) take(tools, await digestItems(tools));
  const audiences = new Set(now.map(({ audience }) => audience));
  for await (const { audience, tools, former: formerly } of rememberedTools(db, row)) {
    const digests = await digestItems(tools);
    const before = [...formerly, ...tools];
    const digestsBefore = [...(await digestItems(formerly)), ...digests];
    // What the server does not show any more may be what was approved.
    for (const [at, tool] of before.entries())
      if (isApproved(tool, digestsBefore[at] ?? '')) former.set(tool.name, tool);
    if (!audiences.has(audience)) take(tools, digests);
    audiences.add(audience);
  }
  // A history may be long: where nothing waits and nobody asks what is gone, it says nothing of use.
  const differences =
    waiting.size > 0 || asksForGone ? await readToolDifferences(events, row, { approved, audiences }) : NO_DIFFERENCES;
  return {
    names,
    isSeen: differences.isSeen,
    waiting:
      differences.isSeen || now.length > 0
        ? [...waiting].map(([id, tool]) => waitingTool(id, tool)).sort((a, b) => compare(a.name, b.name))
        : [],
    gone: audiences.size === 0 ? [] : differences.gone(new Set([...names].map(recordedKey))),
    digestOf(tools) {
      const chosen = [...shown].filter(([, name]) => tools.length === 0 || tools.includes(name));
      return createHash('sha256')
        .update(JSON.stringify(chosen.map(([id]) => id).sort()))
        .digest('base64url');
    },
  };

  function waitingTool(id: string, definition: Tool): WaitingTool {
    const { name } = definition;
    const digest = id.slice(0, id.indexOf(' '));
    if (!approved.has(recordedKey(name))) return { name, digest, why: 'new', definition };
    const [differs, before] = [differences.of(definition), former.get(name)];
    return {
      name,
      digest,
      why: 'changed',
      ...(differs !== undefined && { differs }),
      definition,
      ...(before !== undefined && { former: before }),
    };
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
