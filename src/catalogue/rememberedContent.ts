import { z } from 'zod';
import { stringifyLossless } from '../mcp/losslessJson.ts';
import { stringifyEach } from '../mcp/losslessWriting.ts';
import { parseSteps } from '../mcp/slicedJson.ts';
import { inSlices, type Steps } from '../slices.ts';
import { utf8Steps } from '../utf8Steps.ts';
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

/** Writes a catalogue as it is remembered, with what to compare it with, step by step: JSON in UTF-8, in which numbers keep their text. */
export function* contentSteps({ facts, lists }: OfferedCatalogue, former: readonly Tool[] = []): Steps<Buffer> {
  const pieces = [`{"facts":${stringifyLossless(facts)},"lists":{`];
  for (const [at, [name, { items, ...rest }]] of Object.entries(lists).entries()) {
    pieces.push(`${at === 0 ? '' : ','}${JSON.stringify(name)}:{"items":[`);
    yield* addItems(pieces, items);
    pieces.push(`],${stringifyLossless(rest).slice(1)}`);
  }
  pieces.push('}');
  if (former.length > 0) {
    pieces.push(',"former":[');
    yield* addItems(pieces, former);
    pieces.push(']');
  }
  pieces.push('}');
  return yield* utf8Steps(pieces);
}

function* addItems(pieces: string[], items: readonly unknown[]): Steps<undefined> {
  for (const [at, text] of (yield* stringifyEach(items)).entries()) {
    if (at > 0) pieces.push(',');
    pieces.push(text);
  }
  return undefined;
}

/** Reads what `contentSteps` has written, in slices; undefined for what no version of this program has. */
export async function readContent(text: string, digest: string): Promise<RememberedContent | undefined> {
  const bytes = await inSlices(utf8Steps([text]));
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
