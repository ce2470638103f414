import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCall, type Answer } from '../upstream.ts';
import {
  aggregateWorld,
  client,
  namesOf,
  reply,
  server,
  textOf,
  type AggregateClient,
  type AggregateWorld,
} from './world.ts';

// Lists that are odd, each of one member of `/mcp`, beside members that are well.

const tool = (name: string, more: object = {}) => ({ name, inputSchema: { type: 'object' }, ...more });

/** Answers with the page that a cursor names; that of the first one is `-`. */
const pages =
  (pageOf: (cursor: string) => { readonly tools: readonly unknown[]; readonly nextCursor?: string }): Answer =>
  (res, { body }) => {
    const { id, params } = parseCall(body);
    const { cursor = '-' } = (params ?? {}) as { cursor?: string };
    reply(res, id, { result: { resultType: 'complete', ttlMs: 0, cacheScope: 'public', ...pageOf(cursor) } });
  };

const argument = { type: 'string', enum: ['one', 'two'] };
const properties = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`argument_${String(at)}`, argument]));
/** 5 MB and half a million texts. */
const DENSE = Array.from({ length: 600 }, (_, at) =>
  tool(`tool-${String(at)}`, { inputSchema: { type: 'object', properties } }),
);

let flaps = 0;
let firstPages = 0;

/** What each of them lists, and what clients are to get of it. */
const ODD: Readonly<
  Record<string, { readonly list: Answer; readonly names: readonly string[]; readonly failure?: string }>
> = {
  'cursor-loops': {
    list: pages((cursor) => {
      if (cursor === '-') return { tools: [tool('a')], nextCursor: '1' };
      return cursor === '1' ? { tools: [tool('b')], nextCursor: '2' } : { tools: [tool('c')], nextCursor: '1' };
    }),
    names: ['a', 'b', 'c'],
  },
  'cursor-stays': { list: pages(() => ({ tools: [tool('a')], nextCursor: 'same' })), names: ['a'] },
  'cursor-endless': {
    list: pages((cursor) => ({ tools: [tool(`a${cursor}`)], nextCursor: `${cursor}x`.slice(-300) })),
    names: [],
    failure: 'upstream-too-large',
  },
  'names-twice': {
    list: pages(() => ({ tools: [tool('a', { title: 'first' }), tool('a', { title: 'second' }), tool('b')] })),
    names: ['a', 'b'],
  },
  'names-twice-on-pages': {
    list: pages((cursor) =>
      cursor === '-' ? { tools: [tool('a')], nextCursor: '2' } : { tools: [tool('a'), tool('b')] },
    ),
    names: ['a', 'b'],
  },
  'no-objects': {
    list: pages(() => ({
      tools: [null, 7, 'tool', [tool('x')], true, {}, { name: 'schemaless' }, { name: 9, inputSchema: {} }, tool('a')],
    })),
    names: ['a'],
  },
  'no-list': { list: pages(() => ({ tools: { a: tool('a') } }) as never), names: [], failure: 'upstream-not-mcp' },
  // An item moves to the page before while the pages are read, and one to the page behind.
  'changes-between-pages': {
    list: pages((cursor) => {
      if (cursor === '-') return { tools: [tool('a'), tool('b')], nextCursor: `after-${String(++firstPages)}` };
      return { tools: [tool('b'), tool('d')] };
    }),
    names: ['a', 'b', 'd'],
  },
  'is-dense': { list: pages(() => ({ tools: DENSE })), names: DENSE.map(({ name }) => name) },
  'is-one-tool-of-megabytes': {
    list: pages(() => ({ tools: [tool('a', { description: 'x'.repeat(5_000_000) })] })),
    names: ['a'],
  },
};

describe.each(['legacy', 'modern'] as const)('beside %s members whose lists are odd', (era) => {
  let world: AggregateWorld;
  let asking: AggregateClient;
  beforeAll(async () => {
    world = await aggregateWorld();
    for (const name of ['aaa', 'zzz']) await world.add(name, server({ era, tools: ['well', 'too'] }));
    for (const [name, { list }] of Object.entries(ODD))
      await world.add(name, server({ era, answers: { 'tools/list': list } }));
    await world.add(
      'flaps',
      server({ era, answers: { 'tools/list': pages(() => ({ tools: [tool(`of-${String(++flaps)}`)] })) } }),
    );
    asking = await client(world.gateway, era);
    const silent: Answer = () => undefined;
    await world.add('mute', server({ era, answers: { initialize: silent, 'server/discover': silent } }));
  });
  afterAll(() => world[Symbol.asyncDispose]());

  async function listAll(): Promise<{ readonly names: readonly string[]; readonly failures: unknown }> {
    const names: string[] = [];
    let failures: unknown;
    for (let cursor: unknown, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const listed = await asking.ask('tools/list', isFirst ? {} : { cursor });
      names.push(...(namesOf(listed) as string[]));
      failures = (listed.result?.['_meta'] as Record<string, unknown> | undefined)?.['metamcp/servers'];
      cursor = listed.result?.['nextCursor'];
      // The others have waited for the one that is mute.
      world.gateway.advance(3_000);
    }
    // Of a list that flaps a client gets one version.
    return { names: names.map((name) => name.replace(/^flaps__of-\d+$/, 'flaps__of-N')), failures };
  }

  test('the lists of the others are whole, theirs hold what can be used, and what is wrong is named [aggregate-one-broken]', async () => {
    const expected = Object.entries(ODD).flatMap(([name, { names }]) => names.map((own) => `${name}__${own}`));
    const well = ['aaa__too', 'aaa__well', 'zzz__too', 'zzz__well'];
    const failures = Object.entries(ODD).flatMap(([name, { failure }]) =>
      failure === undefined ? [] : [[name, failure]],
    );
    // A machine under load may take longer for the large ones than a client waits.
    await expect.poll(listAll, { timeout: 60_000 }).toEqual({
      names: [...expected, ...well, 'flaps__of-N'].sort(),
      failures: {
        ...Object.fromEntries(failures),
        mute: expect.stringMatching(/^(?:starting|upstream-timeout)$/) as unknown,
      },
    });
  });

  test('tools are called, theirs too [aggregate-one-broken]', async () => {
    for (const name of ['aaa__well', 'zzz__too', 'cursor-loops__c', 'names-twice__a', 'is-dense__tool-599']) {
      expect(textOf(await asking.ask('tools/call', { name }))).toBe(name.slice(name.indexOf('__') + 2));
    }
  });
});
