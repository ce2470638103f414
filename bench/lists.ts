import { readSettings } from '../src/settings/settings.ts';
import { digestCatalogue, catalogueSteps, digestSteps, digestItems } from '../src/catalogue/catalogueDigest.ts';
import { contentSteps, readContent } from '../src/catalogue/rememberedContent.ts';
import { claimRefresh, findRemembered, storeCatalogue } from '../src/catalogue/rememberedTable.ts';
import type { OfferedCatalogue } from '../src/catalogue/offeredCatalogue.ts';
import type { ToolHold } from '../src/catalogue/toolHolds.ts';
import { createLogger } from '../src/logging/logger.ts';
import { answerBounds } from '../src/mcp/jsonCost.ts';
import { TOOLS, type Tool } from '../src/mcp/catalogueItems.ts';
import { openStores } from '../src/stores/stores.ts';
import { inSlices } from '../src/slices.ts';
import { bytesOf, isSame } from '../src/upstream/aggregate/memberParts.ts';
import { ListMerger } from '../src/upstream/aggregate/mergedList.ts';
import { listPage } from '../src/upstream/aggregate/listPage.ts';
import { readMessages } from '../src/upstream/duplex/readMessages.ts';
import { listAll, type Listing } from '../src/upstream/lists.ts';
import type { UpstreamMessage } from '../src/upstream/upstream.ts';
import { holdTools } from '../src/proxy/heldTools.ts';
import { filterTools } from '../src/proxy/toolListFilter.ts';
import { costOfTurns } from './turns.ts';

const LABEL = { server: 'large', secrets: [] };

const DENSE = Object.fromEntries(
  Array.from({ length: 150 }, (_, n) => [`argument_${String(n)}`, { type: 'string', enum: ['one', 'two'] }]),
);
const LISTS: Readonly<Record<string, () => object[]>> = {
  'of long texts': () => tools(10_000, 'x'.repeat(1_000), {}),
  'of short texts': () => tools(1_200, '', DENSE),
  'with odd numbers': () =>
    tools(
      1_200,
      '\u20ac',
      Object.fromEntries(
        Object.entries(DENSE).map(([name, schema]) => [
          name,
          { ...schema, minimum: (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON('1.0') },
        ]),
      ),
    ),
  'one tool': () =>
    tools(
      1,
      '',
      Object.fromEntries(
        Array.from({ length: 150_000 }, (_, n) => [`argument_${String(n)}`, { type: 'string', enum: ['one', 'two'] }]),
      ),
    ),
  'one text': () => tools(1, 'x'.repeat(10_000_000), {}),
};

function tools(count: number, description: string, properties: object): object[] {
  return Array.from({ length: count }, (_, n) => ({
    name: `tool-${String(n)}`,
    description,
    inputSchema: { type: 'object', properties },
  }));
}

const stores = await openStores({
  settings: { ...readSettings(), port: 0 },
  logger: createLogger('error'),
  applicationName: 'lists',
});
const { db } = stores;
for (const [name, make] of Object.entries(LISTS)) {
  const result = JSON.stringify({ tools: make() });
  console.log(`\nA list ${name}, ${(result.length / 1e6).toFixed(1)} MB`);
  const line = Buffer.from(`{"jsonrpc":"2.0","id":1,"result":${result}}`);
  const step = async <T>(what: string, work: () => T | Promise<T>): Promise<T> => {
    let value: T | undefined;
    globalThis.gc?.();
    let failed = '';
    const { allMs, longestMs } = await costOfTurns(async () => {
      try {
        value = await work();
      } catch (error) {
        failed = String(error);
      }
    });
    console.log(
      `  ${what.padEnd(34)} ${allMs.toFixed(0).padStart(6)} ms, longest turn ${longestMs.toFixed(1).padStart(6)} ms ${failed}`,
    );
    return value as T;
  };
  const [read] = await step('look at the line', () =>
    readMessages(LABEL, Buffer.from(line), () => answerBounds('tools/list')),
  );
  if (read?.as !== 'message') {
    console.log(read);
    continue;
  }
  const message = read.message as Extract<UpstreamMessage, { kind: 'response' }>;
  const parsed = await step('parse', () => message.readResult?.());
  const list = async (): Promise<Listing<Tool>> =>
    await listAll<Tool>(
      {
        ...LABEL,
        async *ask() {
          yield { kind: 'response', response: { jsonrpc: '2.0', id: 1, result: parsed } } as never;
        },
      } as never,
      TOOLS,
    );
  const listing = await step('take the items', list);
  const again = { ...listing, items: JSON.parse(JSON.stringify(listing.items)) } as Listing<Tool>;
  await step('count bytes', () => bytesOf(listing));
  await step('compare', () => isSame(listing, again));
  const merger = new ListMerger();
  const merged = await step('merge', () =>
    merger.merge('tools', [
      {
        member: { server: 'large', prefix: 'large', grant: 'all' } as never,
        known: { value: listing, failure: undefined },
      },
    ]),
  );
  await step('page', () =>
    listPage('tools', merged, undefined, {
      era: 'legacy',
      serverInfo: {},
      cursors: { seal: (t) => t, open: (t) => t },
    }),
  );
  const EMPTY: Listing<never> = { items: [], ttlMs: 0, cacheScope: 'private' };
  const offered: OfferedCatalogue = {
    facts: { era: 'legacy', protocolVersion: '2025-11-25', capabilities: {} } as never,
    lists: { tools: listing, prompts: EMPTY, resources: EMPTY, resourceTemplates: EMPTY },
  };
  const plain = await step('write content', () => inSlices(contentSteps(offered)));
  const digest = await step('digest', () => inSlices(catalogueSteps(offered)));
  const id = { server: `large-${name}`, audience: 'legacy..' };
  await claimRefresh(db, { ...id, key: undefined, revision: 1, attempts: 0 });
  await step('store', () => storeCatalogue(db, { ...id, revision: 1, digest: digest.digest, content: plain }));
  await step('store the same', () => storeCatalogue(db, { ...id, revision: 1, digest: digest.digest, content: plain }));
  const row = await step('find', () => findRemembered(db, id, undefined));
  const content = await step('read content', () => readContent(row?.content ?? '', row?.digest ?? ''));
  const text = line.toString();
  await step('grant filter', () => inSlices(filterTools(text, (tool) => tool.endsWith('1'))));
  const approved = new Set(await digestItems(listing.items));
  const hold = (effect: ToolHold['effect'], none: boolean): ToolHold => ({
    effect,
    ofName: () => undefined,
    *ofDefinition(tool) {
      return approved.has(yield* digestSteps(tool)) !== none ? undefined : 'new';
    },
  });
  await step('hold filter, approved', () => inSlices(holdTools(text, hold('hold', false))));
  await step('hold filter, none approved', () => inSlices(holdTools(text, hold('hold', true))));
  await step('flag filter', () => inSlices(holdTools(text, hold('flag', true))));
  void content;
  void digestCatalogue;
}
await stores[Symbol.asyncDispose]();
process.exit(0);
