import { fc, test as property } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readServers } from '../../cli/stores/currentServers.ts';
import { planWith } from '../../cli/commands/configuration/readPlan.ts';
import type { Administration } from '../../src/administration/administration.ts';
import { applyPlannedChanges } from '../../src/configuration/applyPlannedChanges.ts';
import type { Step } from '../../src/configuration/applyPlan.ts';
import { readClientFile } from '../../src/configuration/clientFile.ts';
import { parseConfigurationText } from '../../src/configuration/configurationText.ts';
import { nameServers, planImport } from '../../src/configuration/importPlan.ts';
import { readConfigurationFile } from '../../src/configuration/readConfigurationFile.ts';
import { AppError, Invalid } from '../../src/errors/appError.ts';
import { mcpServerStream } from '../../src/events/mcpServer.ts';
import { TEST_CONTEXT } from '../support/testGateway.ts';
import { openDryRunWorld, type DryRunWorld } from './dryRunWorld.ts';

let world: DryRunWorld;
beforeAll(async () => {
  world = await openDryRunWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const valueOf = () => undefined;

/** Plans `apply`. @returns undefined for a file that is refused as a whole */
async function planOf(file: object, prune: boolean): Promise<readonly Step[] | undefined> {
  const text = parseConfigurationText(Buffer.from(JSON.stringify(file)));
  try {
    return (await planWith(world.stores, { text, file: readConfigurationFile(text), valueOf, folder: '/files' }, prune))
      .steps;
  } catch (error) {
    if (error instanceof Invalid) return undefined;
    throw error;
  }
}

/** Plans `servers import`. */
async function importOf(mcpServers: object, update: boolean): Promise<readonly Step[]> {
  const file = readClientFile(parseConfigurationText(Buffer.from(JSON.stringify({ mcpServers }))));
  const names = nameServers(file, '').map(({ name }) => name);
  const current = await readServers(world.stores, names);
  const entries = planImport(file, { prefix: '', update, folder: '/files' }, (name) => current.get(name), valueOf);
  return entries.map(({ step }) => step).filter((step) => step !== undefined);
}

/** Applies a plan: how far it got, and the streams and types of the events. */
async function applied(steps: readonly Step[], administration: Administration & { events?: unknown }) {
  const { applied, failure } = await applyPlannedChanges(steps, {
    administration,
    context: TEST_CONTEXT,
    reason: undefined,
  });
  if (failure !== undefined && !(failure.error instanceof AppError)) throw failure.error;
  const error = failure?.error as AppError | undefined;
  return {
    applied: applied.map(titleOf),
    failure: failure && { step: titleOf(failure.step), code: error?.code, message: error?.message },
    rest: failure?.rest.map(titleOf),
  };
}

const titleOf = ({ action, kind, name }: Step) => `${action} ${kind} ${name}`;

/** A key that is made has another id each time. */
const shown = (events: readonly { readonly stream: string; readonly type: string }[], known: ReadonlySet<string>) =>
  events.map(({ stream, type }) => `${type} ${known.has(stream) ? stream : stream.replace(/-.*/, '')}`);

/** Runs a plan dry and in earnest: both get equally far, by the same events, and the dry one leaves no trace. */
async function compare(steps: readonly Step[]) {
  const { stores, history } = world;
  const known = new Set(history.streams.keys());
  const before = await world.traces();
  const dryRun = stores.dryRun();
  const foreseen = await applied(steps, dryRun);
  expect(await world.traces()).toEqual(before);
  const from = history.events.length;
  const done = await applied(steps, stores);
  expect(foreseen).toEqual(done);
  expect(shown(dryRun.events, known)).toEqual(shown(history.events.slice(from), known));
  // What the plan calls a change is one, and nothing else is changed.
  expect(done.applied).toEqual(
    steps
      .filter(({ action }) => action !== 'none')
      .map(titleOf)
      .slice(0, done.applied.length),
  );
  expect(history.events.length - from).toBeGreaterThanOrEqual(done.applied.length);
  return done;
}

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const someUrl = fc.constantFrom('https://one.example/mcp', 'https://two.example/mcp');
const someHeaders = fc.constantFrom({}, { A: 'hush' }, { a: 'hush' }, { A: 'other', B: 'x' });
const someFile = fc.record({
  version: fc.constant(1),
  servers: optional(
    fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.record({
        url: someUrl,
        title: optional(fc.constantFrom('One', 'Two')),
        headers: optional(someHeaders),
        enabled: optional(fc.boolean()),
        timeouts: optional(fc.record({ idle: fc.constantFrom('5s', '010s', '5m') })),
      }),
      { maxKeys: 3 },
    ),
  ),
  keys: optional(
    fc.dictionary(
      fc.constantFrom('ci', 'dev'),
      fc.record({
        scopes: optional(fc.subarray(['mcp', 'servers:read', 'usage:read'], { minLength: 1 })),
        grants: optional(fc.constantFrom(['*'], ['a', 'b'], ['b', 'a'], ['a', 'a'])),
        expires: optional(fc.constantFrom('2099-12-31', '2099-12-31T00:00:00Z', '2000-01-01')),
        active: optional(fc.boolean()),
      }),
      { maxKeys: 2 },
    ),
  ),
});

/** What administrators and operators do in between. */
const somethingElse = fc.constantFrom<(name: string) => Promise<unknown>>(
  () => Promise.resolve(),
  (name) => world.stores.servers.disable(name, undefined, TEST_CONTEXT),
  (name) => world.stores.servers.remove(name, undefined, TEST_CONTEXT),
  (name) => {
    world.hide(mcpServerStream(name));
    return Promise.resolve();
  },
  (name) => {
    world.show(mcpServerStream(name));
    return Promise.resolve();
  },
);

describe('a plan', () => {
  property.prop([fc.array(fc.tuple(someFile, fc.boolean(), somethingElse), { minLength: 2, maxLength: 5 })], {
    numRuns: 10,
  })('of apply, run dry, ends as it then does; applied, it changes nothing more [cli-dry-run]', async (files) => {
    for (const [file, prune, meanwhile] of files) {
      await meanwhile('a').catch(() => undefined);
      const steps = await planOf(file, prune);
      if (steps === undefined) continue;
      const { failure } = await compare(steps);
      if (failure !== undefined) continue;
      const again = await planOf(file, prune);
      expect(again?.filter(({ action }) => action !== 'none').map(titleOf)).toEqual([]);
    }
    world.show(mcpServerStream('a'));
  });

  const someClientFile = fc.dictionary(
    fc.constantFrom('a', 'b', 'B', 'My Server'),
    fc.record(
      { url: fc.oneof(someUrl, fc.constant('${NOT_SET}')), headers: someHeaders, disabled: fc.boolean() },
      { requiredKeys: ['url'] },
    ),
    { maxKeys: 4 },
  );
  property.prop([fc.array(fc.tuple(someClientFile, fc.boolean(), somethingElse), { minLength: 2, maxLength: 5 })], {
    numRuns: 10,
  })('of an import, run dry, ends as it then does [cli-dry-run]', async (files) => {
    for (const [file, update, meanwhile] of files) {
      await meanwhile('a').catch(() => undefined);
      await compare(await importOf(file, update));
    }
    world.show(mcpServerStream('a'));
  });

  it('stops dry where a history that can’t be read would stop it [cli-dry-run] [events-whole-history]', async () => {
    const file = (url: string) => ({ version: 1, servers: { first: { url }, second: { url } } });
    await compare((await planOf(file('https://one.example/mcp'), false)) ?? []);
    world.hide(mcpServerStream('second'));
    const { applied, failure } = await compare((await planOf(file('https://two.example/mcp'), false)) ?? []);
    expect(applied).toEqual(['change server first']);
    expect(failure).toMatchObject({ step: 'change server second', code: 'stream-hidden' });
    world.show(mcpServerStream('second'));
  });

  it('takes what was retired for good for gone, and goes on without it [events-retired]', async () => {
    const { servers, keys } = world.stores;
    const file = {
      version: 1,
      servers: { lost: { url: 'https://one.example/mcp', headers: { A: 'hush' } } },
      keys: { lost: {} },
    };
    await compare((await planOf(file, false)) ?? []);
    const key = world.history.events.findLast(({ type }) => type === 'ApiKeyCreated')?.stream ?? '';
    world.hide(mcpServerStream('lost'));
    world.hide(key);
    expect(await servers.remove('lost', undefined, TEST_CONTEXT)).toMatchObject({ retired: true });
    expect(await keys.remove(key.replace('apiKey-', ''), undefined, TEST_CONTEXT)).toMatchObject({ retired: true });

    expect((await planOf({ ...file, servers: {} }, false))?.map(titleOf)).toEqual(['create key lost']);
    const { failure } = await compare((await planOf(file, false)) ?? []);
    expect(failure).toMatchObject({ step: 'create server lost', code: 'stream-retired-for-good' });
    expect((await planOf({ version: 1, servers: {}, keys: {} }, true))?.map(titleOf)).not.toContain(
      'remove server lost',
    );
  });
});
