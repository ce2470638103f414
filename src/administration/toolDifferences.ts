import { membersOf } from '../catalogue/catalogueDigest.ts';
import type { EventStore } from '../events/eventStore.ts';
import { decodeReadable } from '../events/knownEvent.ts';
import { mcpCatalogueStream, type RecordedItem } from '../events/mcpCatalogue.ts';
import { recordedKey } from '../events/recordedKey.ts';
import type { McpServerRow } from '../projections/tables/mcpServers.ts';
import type { Tool } from '../mcp/catalogueItems.ts';

/** Compares definitions of tools with those that were approved last. */
export interface ToolDifferences {
  /** The history has what the server offered: before, everything would be approved that it is seen to offer first. */
  readonly isSeen: boolean;
  /** The members in which a definition differs from the approved one, by name; undefined: the history does not have that one. */
  of(tool: Tool): readonly string[] | undefined;
}

/**
 * Reads what the history has of the approved definitions of a server.
 * @param approved the approved digests of each tool, by the name as it is recorded
 * @throws Unavailable
 */
export async function readToolDifferences(
  events: Pick<EventStore, 'readStream'>,
  { name: server, createdAt }: Pick<McpServerRow, 'name' | 'createdAt'>,
  approved: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<ToolDifferences> {
  const last = new Map<string, RecordedItem['members']>();
  let isSeen = false;
  for await (const recorded of events.readStream(mcpCatalogueStream(server))) {
    const event = decodeReadable(recorded);
    if (event?.type !== 'McpServerCatalogueChanged') continue;
    if (Date.parse(event.data.registeredAt) !== createdAt.getTime()) continue;
    isSeen = true;
    const { added = [], changed = [] } = event.data.lists.tools ?? {};
    for (const { key, digest, members } of [...added, ...changed]) {
      if (approved.get(key)?.has(digest) === true) last.set(key, members);
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
  };
}
