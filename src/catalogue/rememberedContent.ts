import { z } from 'zod';
import { parseLossless, stringifyLossless } from '../mcp/losslessJson.ts';
import { recordedKey } from '../events/recordedKey.ts';
import { digestItem } from './catalogueDigest.ts';
import type { OfferedCatalogue } from './offeredCatalogue.ts';

/** What is remembered of a server, with what is computed of it once. */
export interface RememberedContent {
  readonly catalogue: OfferedCatalogue;
  readonly digest: string;
  readonly bytes: number;
  /** The definitions of its tools, as approvals name them. */
  readonly definitions: ReadonlyMap<string, string>;
}

/** Written by ourselves: only the outline is checked. */
const storedSchema = z.looseObject({
  facts: z.looseObject({ era: z.enum(['legacy', 'modern']) }),
  lists: z.looseObject({ tools: z.looseObject({ items: z.custom<unknown[]>(Array.isArray) }) }),
});

/** Writes a catalogue as it is remembered: numbers keep their text. */
export function writeContent({ facts, lists }: OfferedCatalogue): string {
  return stringifyLossless({ facts, lists });
}

/** Reads what `writeContent` has written; undefined for what no version of this program has. */
export function readContent(text: string, digest: string): RememberedContent | undefined {
  const parsed = parseLossless(text);
  if (!storedSchema.safeParse(parsed).success) return undefined;
  // A cast: we have written it, and only we can write there.
  const catalogue = parsed as OfferedCatalogue;
  return {
    catalogue,
    digest,
    bytes: Buffer.byteLength(text),
    definitions: new Map(catalogue.lists.tools.items.map((tool) => [tool.name, digestItem(tool)])),
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
