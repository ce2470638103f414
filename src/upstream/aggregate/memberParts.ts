import { isDeepStrictEqual } from 'node:util';
import { stringifyLossless } from '../../mcp/losslessJson.ts';
import { stringifyEach, stringifySteps } from '../../mcp/losslessWriting.ts';
import { isShort } from '../../mcp/jsonWriting.ts';
import { inSlices, type Steps } from '../../slices.ts';
import type { Prompt, Resource, ResourceTemplate, Skill, Tool } from '../../mcp/catalogueItems.ts';
import type { Listing } from '../lists.ts';
import type { ServerFacts } from '../upstream.ts';

/** What a server says and offers, part by part. */
export interface MemberParts {
  readonly facts: ServerFacts;
  readonly tools: Listing<Tool>;
  readonly prompts: Listing<Prompt>;
  readonly resources: Listing<Resource>;
  readonly resourceTemplates: Listing<ResourceTemplate>;
  readonly skills: Listing<Skill>;
}
export type PartName = keyof MemberParts;
export type ListName = Exclude<PartName, 'facts'>;

/** What a server's record holds; its skills, whose digests must be those of its files now, are asked for anew. */
export type RecordedParts = Omit<MemberParts, 'skills'>;
export type RecordedList = Exclude<ListName, 'skills'>;

/** Counts the bytes of a part's JSON, in slices. */
export function bytesOf(part: MemberParts[PartName]): number | Promise<number> {
  return inSlices(sizeSteps(part));
}

/** Compares two parts, in slices. */
export function isSame(one: MemberParts[PartName], other: MemberParts[PartName]): boolean | Promise<boolean> {
  return inSlices(comparisonSteps(one, other));
}

function* sizeSteps(part: MemberParts[PartName]): Steps<number> {
  if (!('items' in part)) return Buffer.byteLength(stringifyLossless(part));
  const { items, ...rest } = part;
  let bytes = Buffer.byteLength(stringifyLossless(rest));
  for (const text of yield* stringifyEach(items)) bytes += Buffer.byteLength(text) + 1;
  return bytes;
}

function* comparisonSteps(one: MemberParts[PartName], other: MemberParts[PartName]): Steps<boolean> {
  if (!('items' in one) || !('items' in other)) return isDeepStrictEqual(one, other);
  const { items, ...rest } = one;
  const { items: others, ...otherRest } = other;
  if (items.length !== others.length || !isDeepStrictEqual(rest, otherRest)) return false;
  for (const [at, item] of items.entries()) {
    if (!(yield* isSameItem(item, others[at]))) return false;
    yield;
  }
  return true;
}

/** Of one that is long, the text is compared. */
function* isSameItem(one: unknown, other: unknown): Steps<boolean> {
  if (one === other) return true;
  if (isShort(one)) return isDeepStrictEqual(one, other);
  return (yield* stringifySteps(one)) === (yield* stringifySteps(other));
}
