import { describe, expect, test } from 'vitest';
import { accessAt } from '../../src/audit/accessAt.ts';
import { historyAbout } from '../../src/audit/history.ts';
import { stateAt } from '../../src/audit/stateAt.ts';
import { isoTime } from '../../src/clock.ts';
import { mcpCatalogue, type CatalogueDigest, type McpCatalogueState } from '../../src/commands/mcpCatalogue.ts';
import { apiKeyStream } from '../../src/events/streamName.ts';
import { mcpCatalogueStream, type Audience } from '../../src/events/mcpCatalogue.ts';
import { mcpServerStream, type McpServerEvent, type OnToolChange } from '../../src/events/mcpServer.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { digestOf, keyCreated, newEvent, settings, START } from '../projections/history.ts';

// Times are minutes after START; a tool's definition is a text.

const MINUTE = 60_000;
const [A, B] = ['0190a1b2-0000-7000-8000-00000000000a', '0190a1b2-0000-7000-8000-00000000000b'];

/** A server called github, and what happens to it, in the order of time. */
function world() {
  const store = openMemoryStore();
  const revisions = new Map<string, number>();
  let state: McpCatalogueState = mcpCatalogue.initial;
  let registeredAt = isoTime(START);
  let onToolChange: OnToolChange = 'allow';

  async function append(minute: number, stream: string, event: { type: string; data: object }): Promise<void> {
    const last = revisions.get(stream);
    await store.append(stream, last ?? 'no-stream', [newEvent(event, minute * MINUTE)]);
    revisions.set(stream, (last ?? -1) + 1);
  }

  async function decide(minute: number, command: Parameters<typeof mcpCatalogue.decide>[0]): Promise<void> {
    for (const event of mcpCatalogue.decide(command, state)) {
      state = mcpCatalogue.evolve(state, event);
      await append(minute, mcpCatalogueStream('github'), event);
    }
  }

  return {
    store,
    append,
    async server(minute: number, event: McpServerEvent) {
      if (event.type === 'McpServerRegistered') registeredAt = isoTime(START + minute * MINUTE);
      if ('onToolChange' in event.data) onToolChange = event.data.onToolChange ?? 'allow';
      await append(minute, mcpServerStream('github'), event);
    },
    key: (minute: number, id: string, grants: string[]) => append(minute, apiKeyStream(id), keyCreated({ grants })),
    offers: (minute: number, tools: Record<string, string>, audience: Audience = { era: 'modern' }) =>
      decide(minute, {
        type: 'Observe',
        at: START + minute * MINUTE,
        serverRevision: 0,
        registeredAt,
        audience,
        catalogue: catalogueOf(tools),
        onToolChange,
      }),
    approves: (minute: number, name: string, text: string) =>
      decide(minute, { type: 'Approve', registeredAt, tools: [{ name, digest: digestOf(text) }] }),
    async whoCould(minute: number, tool: string) {
      const found = await accessAt(store, {
        server: 'github',
        tool,
        atMs: START + minute * MINUTE,
        nowMs: START + 100 * MINUTE,
      });
      const minuteOf = (turn: { atMs: number } | undefined) => turn && (turn.atMs - START) / MINUTE;
      return {
        tool: found.tool?.status,
        keys: found.keys.map(({ id, since, until }) => [id === A ? 'a' : 'b', minuteOf(since), minuteOf(until)]),
        without: found.withoutTool.map(({ id }) => (id === A ? 'a' : 'b')),
      };
    },
    async offeredAt(minute: number) {
      const { catalogues } = await stateAt(store.readAll(), START + minute * MINUTE);
      return catalogues?.get('github')?.map(({ audience, seenAt, lists }) => ({
        era: audience.era,
        seen: (Date.parse(seenAt) - START) / MINUTE,
        tools: lists.tools.items.map(({ key, digest, unapproved }) =>
          [key, digest.replace(/A+$/, ''), ...(unapproved === undefined ? [] : [unapproved])].join(' '),
        ),
      }));
    },
  };
}

function catalogueOf(tools: Record<string, string>): CatalogueDigest {
  const items = Object.entries(tools).map(([key, text]) => ({ key, digest: digestOf(text), members: [] }));
  const none = { digest: '', count: 0, items: [] };
  const list = { digest: digestOf(`l${JSON.stringify(tools).replace(/\W/g, '')}`), count: items.length, items };
  return {
    digest: list.digest,
    facts: [],
    lists: { tools: list, prompts: none, resources: none, resourceTemplates: none },
  };
}

const registered = (onToolChange?: OnToolChange): McpServerEvent => ({
  type: 'McpServerRegistered',
  data: settings(onToolChange === undefined ? {} : { onToolChange }),
});

describe('what a server offered at some time', () => {
  test('is what it was seen to offer last by then, with the digest of each item and whether it was approved [audit-at]', async () => {
    const github = world();
    await github.server(0, registered('hold'));
    await github.offers(1, { read: 'r1', write: 'w1' });
    await github.offers(3, { read: 'r2', mail: 'm1' });
    await github.approves(5, 'read', 'r2');
    expect(await github.offeredAt(0)).toBeUndefined();
    expect(await github.offeredAt(1)).toEqual([{ era: 'modern', seen: 1, tools: ['read r1', 'write w1'] }]);
    expect(await github.offeredAt(4)).toEqual([{ era: 'modern', seen: 3, tools: ['mail m1 new', 'read r2 changed'] }]);
    expect(await github.offeredAt(5)).toEqual([{ era: 'modern', seen: 3, tools: ['mail m1 new', 'read r2'] }]);
  });

  test('is another one for each audience, and none of a former server of the name [audit-at]', async () => {
    const github = world();
    await github.server(0, registered());
    await github.offers(1, { read: 'r1' }, { era: 'legacy' });
    await github.offers(2, { read: 'r1', ask: 'a1' });
    expect(await github.offeredAt(2)).toMatchObject([
      { era: 'legacy', tools: ['read r1'] },
      { era: 'modern', tools: ['ask a1', 'read r1'] },
    ]);
    await github.server(3, { type: 'McpServerDeleted', data: { deks: [] } });
    await github.server(4, registered());
    expect(await github.offeredAt(4)).toBeUndefined();
    await github.offers(5, { other: 'o1' });
    expect(await github.offeredAt(5)).toEqual([{ era: 'modern', seen: 5, tools: ['other o1'] }]);
  });

  test('is found in the history of the one server, too', async () => {
    const github = world();
    await github.server(0, registered());
    await github.offers(1, { read: 'r1' });
    const about = historyAbout(github.store, mcpServerStream('github'));
    expect((await stateAt(about, START + MINUTE)).catalogues?.get('github')).toHaveLength(1);
  });
});

describe('who could call a tool', () => {
  test('is nobody while the server did not offer it, and keys with a grant are named [audit-who-could]', async () => {
    const github = world();
    await github.server(0, registered());
    await github.key(0, A, ['github']);
    await github.key(0, B, ['github:read']);
    await github.offers(2, { read: 'r1' });
    await github.offers(4, { read: 'r1', mail: 'm1' });
    await github.offers(6, { read: 'r2' });
    expect(await github.whoCould(3, 'mail')).toEqual({ tool: 'not-offered', keys: [], without: ['a'] });
    expect(await github.whoCould(5, 'mail')).toEqual({ tool: 'offered', keys: [['a', 4, 6]], without: [] });
    expect(await github.whoCould(7, 'mail')).toEqual({ tool: 'not-offered', keys: [], without: ['a'] });
    // It was there before anybody looked, as far as is known.
    expect(await github.whoCould(1, 'read')).toMatchObject({
      tool: 'unknown',
      keys: [
        ['a', 0, undefined],
        ['b', 0, undefined],
      ],
    });
    expect(await github.whoCould(7, 'read')).toMatchObject({
      tool: 'offered',
      keys: [
        ['a', 0, undefined],
        ['b', 0, undefined],
      ],
    });
  });

  test('is nobody while it was withheld, and everybody with a grant where changes are only marked [audit-who-could]', async () => {
    const github = world();
    await github.server(0, registered('hold'));
    await github.key(0, A, ['github']);
    await github.offers(1, { read: 'r1' });
    await github.offers(3, { read: 'r2' });
    await github.approves(5, 'read', 'r2');
    await github.offers(7, { read: 'r3' });
    await github.server(9, { type: 'McpServerUpdated', data: settings({ onToolChange: 'flag' }) });
    expect(await github.whoCould(2, 'read')).toEqual({ tool: 'offered', keys: [['a', 0, 3]], without: [] });
    expect(await github.whoCould(4, 'read')).toEqual({ tool: 'withheld', keys: [], without: ['a'] });
    expect(await github.whoCould(6, 'read')).toEqual({ tool: 'offered', keys: [['a', 5, 7]], without: [] });
    expect(await github.whoCould(8, 'read')).toEqual({ tool: 'withheld', keys: [], without: ['a'] });
    expect(await github.whoCould(9, 'read')).toEqual({ tool: 'offered', keys: [['a', 9, undefined]], without: [] });
  });

  test('is one key where the server offers it to that key alone [audit-who-could]', async () => {
    const github = world();
    await github.server(0, registered());
    await github.key(0, A, ['*']);
    await github.key(0, B, ['*']);
    await github.offers(1, { read: 'r1' });
    await github.offers(2, { secret: 's1' }, { era: 'modern', key: A });
    expect(await github.whoCould(3, 'secret')).toEqual({
      tool: 'not-offered',
      keys: [['a', 2, undefined]],
      without: ['b'],
    });
    expect(await github.whoCould(3, 'read')).toEqual({ tool: 'offered', keys: [['b', 0, undefined]], without: ['a'] });
    expect(await github.whoCould(1, 'read')).toMatchObject({
      keys: [
        ['a', 0, 2],
        ['b', 0, undefined],
      ],
    });
  });

  test('is what can be read of the catalogue, and an event that can’t be is named [audit-who-could]', async () => {
    const github = world();
    await github.server(0, registered());
    await github.key(0, A, ['*']);
    await github.offers(1, { read: 'r1' });
    await github.append(2, mcpCatalogueStream('github'), { type: 'McpServerToolsApproved', data: { tools: 5 } });
    const found = await accessAt(github.store, {
      server: 'github',
      tool: 'read',
      atMs: START + 3 * MINUTE,
      nowMs: START + 4 * MINUTE,
    });
    expect(found).toMatchObject({ tool: { status: 'offered', isUnreadable: true }, keys: [{ id: A }] });
  });
});
