import { z } from 'zod';
import { parseLossless, stringifyLossless } from '../mcp/losslessJson.ts';
import { recordedKey } from '../events/recordedKey.ts';
import { digestItem } from './catalogueDigest.ts';
import type { Tool } from '../mcp/catalogueItems.ts';
import type { OfferedCatalogue } from './offeredCatalogue.ts';

/** What is remembered of a server, with what is computed of it once. */
export interface RememberedContent {
  readonly catalogue: OfferedCatalogue;
  readonly digest: string;
  readonly bytes: number;
  /** The definitions of its tools, as approvals name them. */
  readonly definitions: ReadonlyMap<string, string>;
  /** Tools as they were when they were approved last, where they are others now, or gone. */
  readonly former: readonly Tool[];
}

/** Of all former tools of a catalogue, in bytes of their JSON: enough to compare what changes, and little beside the rest. */
const MAX_FORMER_BYTES = 1024 * 1024;

/** Written by ourselves: only the outline is checked. */
const storedSchema = z.looseObject({
  facts: z.looseObject({ era: z.enum(['legacy', 'modern']) }),
  lists: z.looseObject({ tools: z.looseObject({ items: z.custom<unknown[]>(Array.isArray) }) }),
  former: z.custom<unknown[]>(Array.isArray).optional(),
});

/** Writes a catalogue as it is remembered, with what to compare it with: numbers keep their text. */
export function writeContent({ facts, lists }: OfferedCatalogue, former: readonly Tool[] = []): string {
  return stringifyLossless({ facts, lists, ...(former.length > 0 && { former }) });
}

/**
 * Finds what is to be remembered of a catalogue that another one takes the place of: its tools in the definitions that were
 * approved, where the server has others now.
 */
export function formerTools(
  before: RememberedContent,
  { lists }: OfferedCatalogue,
  approved: ReadonlyMap<string, ReadonlySet<string>>,
): readonly Tool[] {
  const current = new Set(lists.tools.items.map((tool) => `${digestItem(tool)} ${tool.name}`));
  const last = new Map<string, Tool>();
  for (const tool of [...before.former, ...before.catalogue.lists.tools.items]) {
    const digest = digestItem(tool);
    if (approved.get(recordedKey(tool.name))?.has(digest) === true) last.set(tool.name, tool);
  }
  let room = MAX_FORMER_BYTES;
  return [...last.values()].filter((tool) => {
    if (current.has(`${digestItem(tool)} ${tool.name}`)) return false;
    room -= Buffer.byteLength(stringifyLossless(tool));
    return room >= 0;
  });
}

/** Reads what `writeContent` has written; undefined for what no version of this program has. */
export function readContent(text: string, digest: string): RememberedContent | undefined {
  const parsed = parseLossless(text);
  if (!storedSchema.safeParse(parsed).success) return undefined;
  // A cast: we have written it, and only we can write there.
  const { former = [], ...catalogue } = parsed as OfferedCatalogue & { readonly former?: readonly Tool[] };
  return {
    catalogue,
    digest,
    bytes: Buffer.byteLength(text),
    definitions: new Map(catalogue.lists.tools.items.map((tool) => [tool.name, digestItem(tool)])),
    former,
  };
}

/** A tool of which no definition is approved that it has now. */
export interface UnapprovedTool {
  readonly name: string;
  readonly digest: string;
  /** `new`: no definition of it was ever approved. */
  readonly why: 'new' | 'changed';
}

/** Finds the tools that nobody has approved as they are now. */
export function unapprovedOf(
  { definitions }: RememberedContent,
  approved: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<string, UnapprovedTool> {
  return new Map(
    [...definitions].flatMap(([name, digest]) => {
      const known = approved.get(recordedKey(name));
      if (known?.has(digest) === true) return [];
      return [[name, { name, digest, why: known === undefined ? 'new' : 'changed' } as const]];
    }),
  );
}
