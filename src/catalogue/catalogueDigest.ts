import { createHash } from 'node:crypto';
import type { CatalogueList, RecordedItem } from '../events/mcpCatalogue.ts';
import { CATALOGUE_LISTS } from '../events/catalogueLists.ts';
import { recordedKey } from '../events/recordedKey.ts';
import type { CatalogueDigest, ListDigest } from '../commands/mcpCatalogue.ts';
import type { JsonObject } from '../mcp/jsonRpc.ts';
import { atOnce, inSlices, type Steps } from '../slices.ts';
import { canonicalForeign, canonicalMember, canonicalMemberSteps } from '../mcp/canonicalItem.ts';
import type { OfferedCatalogue } from './offeredCatalogue.ts';

/** Items of one list that are recorded by themselves; those behind them count in the digest of the list only. */
const MAX_ITEMS = 1_000;
/** Of all lists together, in bytes of their events: an append holds 1 MiB. */
const MAX_BYTES = 384 * 1024;
const MAX_MEMBERS = 24;
/** Items that are recorded in one step. */
const STEP_ITEMS = 32;
const MAX_MEMBER_NAME = 64;
/** Characters of base64url: a member is told from the one before it, nobody is kept from forging it. */
const MEMBER_DIGEST = 6;

/** The member by which the items of a list are told apart. */
export const KEY_OF: Readonly<Record<CatalogueList, string>> = {
  tools: 'name',
  prompts: 'name',
  resources: 'uri',
  resourceTemplates: 'uriTemplate',
};

/** Makes the digests of what a server offers. The order of lists and of members means nothing (MCP 2025-11-25, server/tools). */
export function digestCatalogue(offered: OfferedCatalogue): CatalogueDigest {
  return atOnce(catalogueSteps(offered));
}

/** As `digestCatalogue`, step by step. */
export function* catalogueSteps({ facts, lists }: OfferedCatalogue): Steps<CatalogueDigest> {
  const said = membersOf({ ...facts });
  const budget = { bytes: MAX_BYTES };
  const tools = yield* listSteps('tools', lists.tools.items, budget);
  const prompts = yield* listSteps('prompts', lists.prompts.items, budget);
  const resources = yield* listSteps('resources', lists.resources.items, budget);
  const resourceTemplates = yield* listSteps('resourceTemplates', lists.resourceTemplates.items, budget);
  const all = { tools, prompts, resources, resourceTemplates };
  const digest = sha256(
    JSON.stringify([canonicalForeign({ ...facts }), ...CATALOGUE_LISTS.map((list) => all[list].digest)]),
  );
  return { digest, facts: said, lists: all };
}

/** The digest of an item over all its members, whatever they are. */
export function digestItem(item: JsonObject): string {
  return atOnce(digestSteps(item));
}

/** As `digestItem`, step by step: one item may be all of a list. @param members gets those that are recorded, with what identifies their values */
export function* digestSteps(item: JsonObject, members?: RecordedItem['members'][number][]): Steps<string> {
  const hash = createHash('sha256');
  let before = '{';
  for (const name of Object.keys(item).sort()) {
    const isRecorded = members !== undefined && members.length < MAX_MEMBERS && item[name] !== undefined;
    const memberHash = isRecorded ? createHash('sha256') : undefined;
    hash.update(`${before}${JSON.stringify(name)}:`, 'utf8');
    before = ',';
    yield* canonicalMemberSteps(name, item[name], (text) => {
      hash.update(text, 'utf8');
      memberHash?.update(text, 'utf8');
    });
    if (memberHash !== undefined)
      members?.push([recordedMember(name), memberHash.digest('base64url').slice(0, MEMBER_DIGEST)]);
  }
  return hash.update(before === '{' ? '{}' : '}').digest('base64url');
}

/** Makes the digest of each item, in slices: there may be many. */
export function digestItems(items: readonly JsonObject[]): readonly string[] | Promise<readonly string[]> {
  return inSlices(itemSteps(items));
}

function* itemSteps(items: readonly JsonObject[]): Steps<readonly string[]> {
  const digests: string[] = [];
  for (const item of items) {
    digests.push(yield* digestSteps(item));
    yield;
  }
  return digests;
}

function* listSteps(list: CatalogueList, items: readonly JsonObject[], budget: { bytes: number }): Steps<ListDigest> {
  const keyed = items
    .map((item) => ({ key: recordedKey(String(item[KEY_OF[list]])), item }))
    .sort((a, b) => compare(a.key, b.key));
  yield;
  const digested: { readonly key: string; readonly digest: string; readonly members: RecordedItem['members'] }[] = [];
  for (const [at, { key, item }] of keyed.entries()) {
    const members: RecordedItem['members'][number][] = [];
    const isRecorded = at < MAX_ITEMS || key === keyed[MAX_ITEMS - 1]?.key;
    const digest = yield* digestSteps(item, isRecorded ? members : undefined);
    digested.push({ key, digest, members });
    yield;
  }
  // Those of one name, by what they are: the order of a list means nothing.
  digested.sort((a, b) => compare(a.key, b.key) || compare(a.digest, b.digest));
  const recorded: RecordedItem[] = [];
  for (const one of digested.slice(0, MAX_ITEMS)) {
    // A second one of the same name is what clients never get.
    if (recorded.at(-1)?.key === one.key) continue;
    budget.bytes -= Buffer.byteLength(JSON.stringify(one));
    if (budget.bytes < 0) break;
    recorded.push(one);
    if (recorded.length % STEP_ITEMS === 0) yield;
  }
  const digest = sha256(JSON.stringify(digested.map((one) => [one.key, one.digest])));
  return { digest, count: items.length, items: recorded };
}

/** The names of an item's members, each with the beginning of a digest of its value, as they are recorded. */
export function membersOf(item: JsonObject): RecordedItem['members'] {
  return Object.keys(item)
    .filter((name) => item[name] !== undefined)
    .sort()
    .slice(0, MAX_MEMBERS)
    .map((name) => [recordedMember(name), sha256(canonicalMember(name, item[name])).slice(0, MEMBER_DIGEST)]);
}

function recordedMember(name: string): string {
  return name.replaceAll('\0', '\ufffd').slice(0, MAX_MEMBER_NAME).toWellFormed();
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
