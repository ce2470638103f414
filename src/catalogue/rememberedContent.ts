import { z } from 'zod';
import { stringifyLossless } from '../mcp/losslessJson.ts';
import { stringifyEach } from '../mcp/losslessWriting.ts';
import { parseSteps } from '../mcp/slicedJson.ts';
import { atOnce, inSlices, type Steps } from '../slices.ts';
import { recordedKey } from '../events/recordedKey.ts';
import { digestItems } from './catalogueDigest.ts';
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

/**
 * Finds what is to be remembered of a catalogue that another one takes the place of: its tools in the definitions that were
 * approved, where the server has others now.
 */
export async function formerTools(
  before: RememberedContent,
  { lists }: OfferedCatalogue,
  approved: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<readonly Tool[]> {
  const now = lists.tools.items;
  const digests = await digestItems(now);
  const current = new Set(now.map((tool, at) => `${digests[at] ?? ''} ${tool.name}`));
  const then = [...before.former, ...before.catalogue.lists.tools.items];
  const digestsThen = await digestItems(then);
  const last = new Map<string, { readonly tool: Tool; readonly digest: string }>();
  for (const [at, tool] of then.entries()) {
    const digest = digestsThen[at] ?? '';
    if (approved.get(recordedKey(tool.name))?.has(digest) === true) last.set(tool.name, { tool, digest });
  }
  let room = MAX_FORMER_BYTES;
  return [...last.values()].flatMap(({ tool, digest }) => {
    if (current.has(`${digest} ${tool.name}`)) return [];
    room -= Buffer.byteLength(stringifyLossless(tool));
    return room >= 0 ? [tool] : [];
  });
}

/** Writes a catalogue as it is remembered, with what to compare it with: numbers keep their text. */
export function writeContent(offered: OfferedCatalogue): string {
  return atOnce(contentSteps(offered));
}

/** As `writeContent`, step by step. */
export function* contentSteps({ facts, lists }: OfferedCatalogue, former: readonly Tool[] = []): Steps<string> {
  const written: string[] = [];
  for (const [name, { items, ...rest }] of Object.entries(lists)) {
    const texts = yield* stringifyEach(items);
    written.push(`${JSON.stringify(name)}:{"items":[${texts.join(',')}],${stringifyLossless(rest).slice(1)}`);
  }
  const before = former.length === 0 ? '' : `,"former":[${(yield* stringifyEach(former)).join(',')}]`;
  return `{"facts":${stringifyLossless(facts)},"lists":{${written.join(',')}}${before}}`;
}

/** Reads what `writeContent` has written, in slices; undefined for what no version of this program has. */
export async function readContent(text: string, digest: string): Promise<RememberedContent | undefined> {
  const bytes = Buffer.from(text);
  const parsed = await inSlices(parseSteps(bytes));
  if (!storedSchema.safeParse(parsed).success) return undefined;
  // A cast: we have written it, and only we can write there.
  const { former = [], ...catalogue } = parsed as OfferedCatalogue & { readonly former?: readonly Tool[] };
  const tools = catalogue.lists.tools.items;
  const digests = await digestItems(tools);
  return {
    catalogue,
    digest,
    bytes: bytes.length,
    definitions: new Map(tools.map((tool, at) => [tool.name, digests[at] ?? ''])),
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
