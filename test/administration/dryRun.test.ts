import { fc, test as property } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Administration } from '../../src/administration/administration.ts';
import type { ServerInput } from '../../src/administration/serverInput.ts';
import type { Access } from '../../src/commands/apiKey.ts';
import { apiKeyStream } from '../../src/events/streamName.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, mcpServerStream } from '../../src/events/mcpServer.ts';
import { TEST_CONTEXT } from '../support/testGateway.ts';
import { openDryRunWorld, type DryRunWorld } from './dryRunWorld.ts';

let world: DryRunWorld;
beforeAll(async () => {
  world = await openDryRunWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** A command on the keys of one run, which are known by the order in which they came to be. */
type Command = (administration: Administration, keys: string[]) => Promise<unknown>;

const NOBODY = '00000000-0000-7000-8000-000000000000';
const keyAt = (keys: readonly string[], at: number): string => keys[at % (keys.length + 1)] ?? NOBODY;

const reason = fc.option(fc.constantFrom('lost', 'a\0b', 'x'.repeat(3_000)), { nil: undefined });
const ifMatch = fc.option(fc.constantFrom(0, 1, 9), { nil: undefined, freq: 4 });
const someGrants = fc.subarray(['*', 'github', 'github:search_*', 'No Grant'], { minLength: 1 });
const someExpiry = fc.option(fc.constantFrom('2099-01-01T00:00:00.000Z', '2000-01-01T00:00:00.000Z', 'soon'), {
  nil: undefined,
});
const someKey = fc.nat(4);
const someServer = fc.constantFrom('a', 'b', 'Not A Slug');
const someUrl = fc.constantFrom('https://one.example/mcp', 'https://two.example/mcp?x=1', 'http:three');
const someHeaders = fc.constantFrom<Record<string, string>>(
  {},
  { Authorization: 'hush' },
  { authorization: 'hush' },
  { Authorization: 'other', 'X-Key': '1' },
  { 'Mcp-Session-Id': '1' },
);
const someTitle = fc.constantFrom('One', 'Two', 'a\0b');

const input = ({ url, title, headers }: { url: string; title: string; headers: Record<string, string> }) => ({
  settings: {
    transport: 'http' as const,
    url,
    title,
    isolation: 'session' as const,
    limits: DEFAULT_LIMITS,
    timeouts: DEFAULT_TIMEOUTS,
  },
  secrets: { headers, env: {} },
});

interface Named<What> {
  readonly shown: string;
  readonly run: What;
}

const named = (verb: string, options: object, run: Command): Named<Command> => ({
  shown: `${verb} ${JSON.stringify(options)}`,
  run,
});

const someCommand: fc.Arbitrary<Named<Command>> = fc.oneof(
  fc.record({ name: fc.constantFrom('ci', '', 'a\0b'), grants: someGrants, expiresAt: someExpiry }).map((key) =>
    named('create', key, async ({ keys }, ids) => {
      const made = await keys.create({ scopes: ['mcp'], ...key }, TEST_CONTEXT);
      ids.push(made.id);
      return made;
    }),
  ),
  fc
    .record({ verb: fc.constantFrom('inactivate', 'activate', 'remove'), at: someKey, reason, ifMatch })
    .map(({ verb, ...of }) =>
      named(`${verb} key`, of, ({ keys }, ids) =>
        keys[verb](keyAt(ids, of.at), of.reason, TEST_CONTEXT, { ifMatch: of.ifMatch }),
      ),
    ),
  fc.record({ at: someKey, grants: someGrants, expiresAt: someExpiry, reason, ifMatch }).map((of) =>
    named('change access', of, ({ keys }, ids) => {
      const { at, grants, expiresAt, ...options } = of;
      const revise = ({ scopes }: Access): Access => ({ scopes, grants, expiresAt });
      return keys.changeAccess(keyAt(ids, at), revise, TEST_CONTEXT, options);
    }),
  ),
  fc.record({ at: someKey, graceMs: fc.constantFrom(0, 3_600_000, 1e15), reason }).map((of) =>
    named('rotate', of, async ({ keys }, ids) => {
      const successor = await keys.rotate(keyAt(ids, of.at), of.graceMs, TEST_CONTEXT, { reason: of.reason });
      ids.push(successor.id);
      return successor;
    }),
  ),
  fc
    .record({ name: someServer, url: someUrl, title: someTitle, headers: someHeaders })
    .map(({ name, ...of }) =>
      named(`register ${name}`, of, ({ servers }) => servers.register(name, input(of), TEST_CONTEXT)),
    ),
  fc
    .record({ url: someUrl, title: someTitle, headers: fc.option(someHeaders), isGiven: fc.boolean() })
    .chain((of) => fc.record({ name: someServer, of: fc.constant(of), reason, ifMatch }))
    .map(({ name, of, ...options }) =>
      named(`update ${name}`, { ...of, ...options }, ({ servers }) => {
        const newValues = { headers: Object.keys(of.headers ?? {}), env: [] };
        const revise = ({ secrets }: ServerInput) => {
          return { ...input({ ...of, headers: of.headers ?? secrets.headers }), ...(of.isGiven && { newValues }) };
        };
        return servers.update(name, revise, TEST_CONTEXT, options);
      }),
    ),
  fc
    .record({ verb: fc.constantFrom('enable', 'disable', 'remove'), name: someServer, reason, ifMatch })
    .map(({ verb, name, ...of }) =>
      named(`${verb} server ${name}`, of, ({ servers }) =>
        servers[verb](name, of.reason, TEST_CONTEXT, { ifMatch: of.ifMatch }),
      ),
    ),
);

const someFault: fc.Arbitrary<Named<(keys: readonly string[]) => void>> = fc
  .tuple(fc.boolean(), fc.oneof(someKey, someServer))
  .map(([hides, what]) => ({
    shown: `${hides ? 'hide' : 'show'} ${what}`,
    run(keys) {
      const stream = typeof what === 'number' ? apiKeyStream(keyAt(keys, what)) : mcpServerStream(what);
      world[hides ? 'hide' : 'show'](stream);
    },
  }));

describe('a dry run', () => {
  property.prop(
    [
      fc.array(
        fc.oneof(
          { weight: 6, arbitrary: fc.record({ command: someCommand }) },
          { weight: 1, arbitrary: fc.record({ fault: someFault }) },
        ),
        { minLength: 5, maxLength: 20 },
      ),
    ],
    { numRuns: 12 },
  )('of each command ends as the command then does, and leaves no trace [cli-dry-run]', async (steps) => {
    const keys: string[] = [];
    const ids = new Map<string, string>();
    for (const step of steps) {
      if ('fault' in step) {
        step.fault.run(keys);
        continue;
      }
      const { shown, run } = step.command;
      const before = await world.traces();
      const foreseen = await world.dryVerdictOf((dryRun) => run(dryRun, [...keys]), new Map(ids));
      expect(await world.traces(), shown).toEqual(before);
      const done = await world.verdictOf((stores) => run(stores, keys), ids);
      expect(foreseen, shown).toEqual(done);
    }
    // Nobody's stream stays hidden for the next run.
    for (const stream of world.history.streams.keys()) world.show(stream);
  });

  property.prop([fc.array(someCommand, { minLength: 5, maxLength: 20 })], { numRuns: 12 })(
    'of several commands sees what those before it would have done [cli-dry-run]',
    async (commands) => {
      const dryRun = world.stores.dryRun();
      const [dryKeys, keys]: [string[], string[]] = [[], []];
      const [dryIds, ids] = [new Map<string, string>(), new Map<string, string>()];
      const foreseen: string[] = [];
      const before = await world.traces();
      for (const { run } of commands) {
        foreseen.push(await world.dryVerdictOf((dry) => run(dry, dryKeys), dryIds, dryRun));
      }
      expect(await world.traces()).toEqual(before);
      for (const [i, { shown, run }] of commands.entries()) {
        expect(foreseen[i], shown).toEqual(await world.verdictOf((stores) => run(stores, keys), ids));
      }
    },
  );

  const key = { name: 'ci', scopes: ['mcp'], grants: ['*'] } as const;
  const typesOf = ({ events }: { readonly events: readonly { readonly type: string }[] }) =>
    events.map(({ type }) => type);

  it('of a rotation that was interrupted foresees what is left to do, and shows no secret [cli-dry-run]', async () => {
    const { keys } = world.stores;
    const { id } = await keys.create(key, TEST_CONTEXT);
    world.outages.add('ApiKeyRotated');
    await expect(keys.rotate(id, 0, TEST_CONTEXT)).rejects.toMatchObject({ code: 'event-store-unavailable' });
    world.outages.clear();
    const dryRun = world.stores.dryRun();
    expect(await dryRun.keys.rotate(id, 0, TEST_CONTEXT)).toMatchObject({ apiKey: '' });
    expect(typesOf(dryRun)).toEqual(['ApiKeyRotated']);
    const { apiKey } = await keys.rotate(id, 0, TEST_CONTEXT);
    expect(apiKey).toMatch(/^mcp_/);
  });

  it.each<[string, Command, string]>([
    ['a key without a name', ({ keys }) => keys.create({ ...key, name: '' }, TEST_CONTEXT), 'event-invalid'],
    [
      'a key that has expired',
      ({ keys }) => keys.create({ ...key, expiresAt: '2000-01-01T00:00:00.000Z' }, TEST_CONTEXT),
      'expiry-in-past',
    ],
    [
      'a reason that can’t be stored',
      ({ keys }, ids) => keys.inactivate(keyAt(ids, 0), 'a\0b', TEST_CONTEXT),
      'event-invalid',
    ],
    [
      'a reason for a rotation that can’t be stored',
      ({ keys }, ids) => keys.rotate(keyAt(ids, 0), 0, TEST_CONTEXT, { reason: 'a\0b' }),
      'event-invalid',
    ],
    [
      'a grace beyond the year 9999',
      ({ keys }, ids) => keys.rotate(keyAt(ids, 0), 1e15, TEST_CONTEXT),
      'time-out-of-range',
    ],
    [
      'another revision than it saw',
      ({ keys }, ids) => keys.remove(keyAt(ids, 0), undefined, TEST_CONTEXT, { ifMatch: 7 }),
      'revision-mismatch',
    ],
  ])('refuses %s, as the command does [cli-dry-run] [events-checked-where-made]', async (_what, run, code) => {
    const { id } = await world.stores.keys.create(key, TEST_CONTEXT);
    const before = await world.traces();
    await expect(run(world.stores.dryRun(), [id])).rejects.toMatchObject({ code });
    await expect(run(world.stores, [id])).rejects.toMatchObject({ code });
    expect(await world.traces()).toEqual(before);
  });

  it('is about the state that it saw, whatever happens meanwhile [cli-dry-run]', async () => {
    const { keys } = world.stores;
    const { id } = await keys.create(key, TEST_CONTEXT);
    const dryRun = world.stores.dryRun();
    await dryRun.keys.inactivate(id, undefined, TEST_CONTEXT);
    await keys.remove(id, undefined, TEST_CONTEXT);
    await dryRun.keys.activate(id, undefined, TEST_CONTEXT);
    expect(typesOf(dryRun)).toEqual(['ApiKeyInactivated', 'ApiKeyActivated']);
    await expect(world.stores.dryRun().keys.activate(id, undefined, TEST_CONTEXT)).rejects.toMatchObject({
      code: 'key-deleted',
    });
  });
});
