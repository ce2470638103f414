import { audienceId } from '../catalogue/audience.ts';
import { membersOf } from '../catalogue/catalogueDigest.ts';
import type { EventStore } from '../events/eventStore.ts';
import { decodeReadable } from '../events/knownEvent.ts';
import { mcpCatalogueStream, type RecordedItem } from '../events/mcpCatalogue.ts';
import { recordedKey } from '../events/recordedKey.ts';
import type { McpServerRow } from '../projections/tables/mcpServers.ts';
import type { Tool } from '../mcp/catalogueItems.ts';

/** A tool that was approved, and that the server shows nobody any more. */
export interface GoneTool {
  readonly name: string;
  /** When it was seen to be gone; undefined: just now. */
  readonly since: string | undefined;
}

/** Compares tools with what the history has of them. */
export interface ToolDifferences {
  /** The history has what the server offered, or what was approved of it. */
  readonly isSeen: boolean;
  /** The members in which a definition differs from the one approved last, by name; undefined: the history does not have that one. */
  of(tool: Tool): readonly string[] | undefined;
  /** The approved tools that nobody is shown any more. @param names those that are shown, as they are recorded */
  gone(names: ReadonlySet<string>): readonly GoneTool[];
}

interface Known {
  /** The approved digests of each tool, by the name as it is recorded. */
  readonly approved: ReadonlyMap<string, ReadonlySet<string>>;
  /** The audiences of which it is known what they are shown now: the history says nothing of them. */
  readonly audiences: ReadonlySet<string>;
}

/** Reads what the history has of the tools of a server. @throws Unavailable */
export async function readToolDifferences(
  events: Pick<EventStore, 'readStream'>,
  { name: server, createdAt }: Pick<McpServerRow, 'name' | 'createdAt'>,
  { approved, audiences }: Known,
): Promise<ToolDifferences> {
  const last = new Map<string, RecordedItem['members']>();
  const offered = new Map<string, Set<string>>();
  const removedAt = new Map<string, string>();
  let isSeen = false;
  for await (const recorded of events.readStream(mcpCatalogueStream(server))) {
    const event = decodeReadable(recorded);
    if (event?.type !== 'McpServerCatalogueChanged' && event?.type !== 'McpServerToolsApproved') continue;
    if (Date.parse(event.data.registeredAt) !== createdAt.getTime()) continue;
    isSeen = true;
    if (event.type === 'McpServerToolsApproved') continue;
    const { observedAt, audience, lists } = event.data;
    const { added = [], changed = [], removed = [] } = lists.tools ?? {};
    for (const { key, digest, members } of [...added, ...changed]) {
      if (approved.get(key)?.has(digest) === true) last.set(key, members);
    }
    const id = audienceId(audience);
    const names = offered.get(id) ?? new Set();
    offered.set(id, names);
    for (const { key } of added) names.add(key);
    for (const key of removed) {
      names.delete(key);
      removedAt.set(key, observedAt);
    }
  }
  return {
    isSeen,
    of(tool) {
      const before = last.get(recordedKey(tool.name));
      if (before === undefined) return undefined;
      const [was, is] = [new Map(before), new Map(membersOf(tool))];
      return [...new Set([...was.keys(), ...is.keys()])].filter((name) => was.get(name) !== is.get(name)).sort();
    },
    gone(names) {
      const others = [...offered].flatMap(([audience, tools]) => (audiences.has(audience) ? [] : [...tools]));
      const there = new Set([...names, ...others]);
      const gone = [...approved.keys()].filter((name) => !there.has(name)).sort();
      const isOffered = (name: string): boolean => [...offered.values()].some((tools) => tools.has(name));
      return gone.map((name) => ({ name, since: isOffered(name) ? undefined : removedAt.get(name) }));
    },
  };
}
