import { catalogueSteps, digestItems, digestSteps } from '../src/catalogue/catalogueDigest.ts';
import type { OfferedCatalogue } from '../src/catalogue/offeredCatalogue.ts';
import { contentSteps, readContent } from '../src/catalogue/rememberedContent.ts';
import { claimRefresh, findRemembered, storeCatalogue } from '../src/catalogue/rememberedTable.ts';
import type { ToolHold } from '../src/catalogue/toolHolds.ts';
import { createLogger } from '../src/logging/logger.ts';
import { answerBounds } from '../src/mcp/jsonCost.ts';
import type { JsonObject } from '../src/mcp/jsonRpc.ts';
import type { Tool } from '../src/mcp/catalogueItems.ts';
import type { Queryable } from '../src/postgres/database.ts';
import { holdTools } from '../src/proxy/heldTools.ts';
import { filterTools } from '../src/proxy/toolListFilter.ts';
import { readSettings } from '../src/settings/settings.ts';
import { inSlices } from '../src/slices.ts';
import { openStores } from '../src/stores/stores.ts';
import { bytesOf, isSame } from '../src/upstream/aggregate/memberParts.ts';
import { readMessages } from '../src/upstream/duplex/readMessages.ts';
import type { Listing } from '../src/upstream/lists.ts';
import { costOfTurns } from './turns.ts';

const LABEL = { server: 'large', secrets: [] };
const EMPTY: Listing<never> = { items: [], ttlMs: 0, cacheScope: 'private' };

/** Lists of some 10 MB. */
const LISTS: Readonly<Record<string, () => object[]>> = {
  'long texts': () => toolsOf(10_000, 'x'.repeat(1_000), 0),
  'short texts': () => toolsOf(1_200, '', 150),
  'one tool': () => toolsOf(1, '', 150_000),
  'one text': () => toolsOf(1, 'x'.repeat(10_000_000), 0),
};

function toolsOf(count: number, description: string, size: number): object[] {
  const properties = Object.fromEntries(
    Array.from({ length: size }, (_, n) => [`argument_${String(n)}`, { type: 'string', enum: ['one', 'two'] }]),
  );
  return Array.from({ length: count }, (_, n) => ({
    name: `tool-${String(n)}`,
    description,
    inputSchema: { type: 'object', properties },
  }));
}

/** Measures what each work on a large list costs the event loop: the CPU of its main thread, in all and in the longest turn. */
export async function measureLists(home: string): Promise<void> {
  const settings = { ...readSettings({ env: { METAMCP_HOME: home } }), logLevel: 'warn' as const };
  const logger = createLogger(settings.logLevel);
  await using stores = await openStores({ settings, logger, applicationName: 'metamcp bench' });
  console.log(
    '\nWork on lists of 10 MB: CPU of the main thread in ms, in all and in the longest turn of the event loop',
  );
  for (const [name, make] of Object.entries(LISTS))
    await measureList(name, JSON.stringify({ tools: make() }), stores.db);
}

async function measureList(name: string, result: string, db: Queryable): Promise<void> {
  console.log(`  a list of ${name}`);
  const line = Buffer.from(`{"jsonrpc":"2.0","id":1,"result":${result}}`);
  const [read] = await measured('look at its line', () => readMessages(LABEL, line, () => answerBounds('tools/list')));
  if (read?.as !== 'message' || !('readResult' in read.message)) throw new Error(`the list of ${name} can’t be read`);
  const { readResult } = read.message;
  const parsed = await measured('parse it', () => readResult?.());
  const tools: Listing<Tool> = { items: (parsed?.['tools'] ?? []) as Tool[], ttlMs: 0, cacheScope: 'private' };
  const again = { ...tools, items: structuredClone(tools.items) };
  await measured('count its bytes', () => bytesOf(tools));
  await measured('compare it', () => isSame(tools, again));
  const facts: OfferedCatalogue['facts'] = {
    era: 'legacy',
    protocolVersion: '2025-11-25',
    serverInfo: undefined,
    capabilities: {},
    instructions: undefined,
  };
  const offered = { facts, lists: { tools, prompts: EMPTY, resources: EMPTY, resourceTemplates: EMPTY } };
  const { digest } = await measured('digest it', () => inSlices(catalogueSteps(offered)));
  const content = await measured('write it', () => inSlices(contentSteps(offered)));
  const id = { server: name.replace(' ', '-'), audience: 'legacy..' };
  await claimRefresh(db, { ...id, key: undefined, revision: 1, attempts: 0 });
  await measured('store it', () => storeCatalogue(db, { ...id, revision: 1, digest, content }));
  const row = await measured('find it', () => findRemembered(db, id, undefined));
  await measured('read it', () => readContent(row?.content ?? '', row?.digest ?? ''));
  const text = line.toString();
  await measured('filter it for a grant', () => inSlices(filterTools(text, (tool) => tool.endsWith('1'))));
  const approved = new Set(await digestItems(tools.items));
  const flag = holdOf('flag', () => false);
  await measured('hold none back', () =>
    inSlices(
      holdTools(
        text,
        holdOf('hold', (one) => approved.has(one)),
      ),
    ),
  );
  await measured('flag all', () => inSlices(holdTools(text, flag)));
}

async function measured<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  globalThis.gc?.();
  const done: T[] = [];
  const { allMs, longestMs } = await costOfTurns(async () => {
    done.push(await work());
  });
  console.log(`    ${what.padEnd(24)}${allMs.toFixed(0).padStart(6)}${longestMs.toFixed(1).padStart(8)}`);
  return done[0] as T;
}

function holdOf(effect: ToolHold['effect'], isApproved: (digest: string) => boolean): ToolHold {
  return {
    effect,
    ofName: () => undefined,
    *ofDefinition(tool: JsonObject) {
      return isApproved(yield* digestSteps(tool)) ? undefined : 'new';
    },
  };
}
