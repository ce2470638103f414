import { describe, expect, test } from 'vitest';
import type { McpCatalogueEvent } from '../../src/events/mcpCatalogue.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { approvedTools } from '../../src/projections/tables/approvedTools.ts';
import { catalogueChanged, changeCatalogue, digestOf } from './history.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { readModel } from './readModel.ts';
import { runnerFixture } from './runnerFixture.ts';

const fixture = runnerFixture();
const FIRST = '2026-11-28T00:00:00.000Z';
const SECOND = '2026-11-28T01:00:00.000Z';

const changed: typeof catalogueChanged = (tools, options) =>
  catalogueChanged(tools, { registeredAt: FIRST, ...options });

/** Appends events to the stream of a server's catalogue. */
function history() {
  const store = openMemoryStore();
  return {
    store,
    async append(...events: McpCatalogueEvent[]) {
      for (const event of events) await changeCatalogue(store, 'files', event);
    },
  };
}

const rows = async () =>
  (await fixture.query("select tool, rtrim(digest, 'A') as digest from approved_tools order by 1, 2")).map(
    ({ tool, digest: text }) => `${String(tool)} ${String(text)}`,
  );

describe('approved tools', () => {
  test('are those that changes let pass and those that were approved [catalogue-approval]', async () => {
    const { store, append } = history();
    await append(changed({ a: '1', b: '1' }), changed({ a: '2', c: '1' }, { approves: false }));
    await append({
      type: 'McpServerToolsApproved',
      data: { registeredAt: FIRST, tools: [{ name: 'c', digest: digestOf('1') }] },
    });
    await fixture.createRunner(store).pump();
    expect(await rows()).toEqual(['a 1', 'b 1', 'c 1']);
  });

  test('are none of a server that takes over the name, and applying all of it again changes nothing [catalogue-approval]', async () => {
    const { store, append } = history();
    await append(changed({ a: '1', b: '1' }), changed({ b: '1', c: '1' }, { registeredAt: SECOND }));
    const runner = fixture.createRunner(store);
    await runner.pump();
    expect(await rows()).toEqual(['b 1', 'c 1']);
    const before = await readModel(fixture.db);
    await runner.rebuild({ acceptLoss: false });
    expect(await readModel(fixture.db)).toEqual(before);
  });

  test('of one tool are the newest 32 definitions', async () => {
    const { store, append } = history();
    await append(...Array.from({ length: 40 }, (_, n) => changed({ a: String(n + 100) })));
    await fixture.createRunner(store).pump();
    expect(await rows()).toEqual(Array.from({ length: 32 }, (_, n) => `a ${n + 108}`));
  });

  test('are found in a history that an older version has applied [projections-once]', async () => {
    const { store, append } = history();
    await append(changed({ a: '1' }));
    const older = allProjections.filter((projection) => projection !== approvedTools);
    await fixture.createRunner(store, { projections: older }).pump();
    await append(changed({ b: '1' }));
    await fixture.createRunner(store).pump();
    expect(await rows()).toEqual(['a 1', 'b 1']);
  });
});
