import { expect, it } from 'vitest';
import { ListMerger, type Share } from '../../../src/upstream/aggregate/mergedList.ts';
import type { Member } from '../../../src/upstream/aggregate/member.ts';

const listing = (...names: string[]) => ({
  items: names.map((name) => ({ name, inputSchema: { type: 'object' } })),
  ttlMs: 1_000,
  cacheScope: 'private' as const,
});
const TOOLS = listing('one', 'two');

function shareOf(member: Partial<Member> = {}, known: Partial<Share['known']> = {}): Share {
  const client = {
    server: 'files',
    place: 'files',
    secrets: [],
    prefix: 'files__',
    grant: 'all',
    listsKey: 'files',
    owner: 'key',
  } as const;
  const unused = {
    open: () => Promise.reject(new Error('unused')),
    noteAnsweredHere: () => undefined,
    enter: () => ({ signal: new AbortController().signal, end() {} }),
  };
  return {
    member: { ...client, ...unused, ...member },
    known: { value: TOOLS, failure: undefined, ...known },
  };
}

it('clients that see the same lists have one merged list between them, and no others [aggregate-lists-once]', async () => {
  const merger = new ListMerger();
  const merged = await merger.merge('tools', [shareOf()]);
  expect(merged.items.map(({ key }) => key)).toEqual(['files__one', 'files__two']);
  expect(merger.merge('tools', [shareOf()])).toBe(merged);

  const grant = Object.assign((name: string) => name === 'one', { patterns: ['one'] });
  const others = {
    'another list of the server': [shareOf({}, { value: listing('one', 'two') })],
    'what may be old': [shareOf({}, { failure: 'starting' })],
    'another server': [shareOf({ server: 'other', prefix: 'other__' })],
    'another prefix': [shareOf({ prefix: '' })],
    'fewer tools granted': [shareOf({ grant })],
    'one server more': [shareOf(), shareOf({ server: 'other', prefix: 'other__' })],
    'no list': [shareOf({}, { value: undefined })],
  };
  const made = Object.entries(others).map(([name, shares]) => [name, merger.merge('tools', shares)] as const);
  for (const [name, list] of made) expect(list, name).not.toBe(merged);
  expect(new Set(made.map(([, list]) => list)).size).toBe(made.length);
  expect((await merger.merge('tools', others['fewer tools granted'])).items.map(({ key }) => key)).toEqual([
    'files__one',
  ]);
});
