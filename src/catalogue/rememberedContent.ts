import { z } from 'zod';
import { stringifyEach, stringifyLossless } from '../mcp/losslessJson.ts';
import { parseSteps } from '../mcp/slicedJson.ts';
import { atOnce, inSlices, type Steps } from '../slices.ts';
import { recordedKey } from '../events/recordedKey.ts';
import { digestItems } from './catalogueDigest.ts';
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
export function writeContent(offered: OfferedCatalogue): string {
  return atOnce(contentSteps(offered));
}

/** As `writeContent`, step by step. */
export function* contentSteps({ facts, lists }: OfferedCatalogue): Steps<string> {
  const written: string[] = [];
  for (const [name, { items, ...rest }] of Object.entries(lists)) {
    const texts = yield* stringifyEach(items);
    written.push(`${JSON.stringify(name)}:{"items":[${texts.join(',')}],${stringifyLossless(rest).slice(1)}`);
  }
  return `{"facts":${stringifyLossless(facts)},"lists":{${written.join(',')}}}`;
}

/** Reads what `writeContent` has written, in slices; undefined for what no version of this program has. */
export async function readContent(text: string, digest: string): Promise<RememberedContent | undefined> {
  const bytes = Buffer.from(text);
  const parsed = await inSlices(parseSteps(bytes));
  if (!storedSchema.safeParse(parsed).success) return undefined;
  // A cast: we have written it, and only we can write there.
  const catalogue = parsed as OfferedCatalogue;
  const tools = catalogue.lists.tools.items;
  const digests = await digestItems(tools);
  return {
    catalogue,
    digest,
    bytes: bytes.length,
    definitions: new Map(tools.map((tool, at) => [tool.name, digests[at] ?? ''])),
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
