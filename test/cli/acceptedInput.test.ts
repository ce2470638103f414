import { fc, test as property } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeKnown, type KnownEvent } from '../../src/events/knownEvent.ts';
import type { AppError } from '../../src/errors/appError.ts';
import { canonicalJson } from '../../src/events/canonicalJson.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type Timeouts } from '../../src/events/mcpServer.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { findServer } from '../../src/projections/tables/mcpServers.ts';
import { anyDuration, anyNumber, anyText, anyTime, anyUrl, goodUrl } from '../support/hostileInput.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';
import { openCliOf, type OpenedCli } from './openedCli.ts';

// Whatever CLI, REST, apply and import accept decodes again, reads back as the same value, and stands so in the tables.

let gateway: TestGateway;
let cli: OpenedCli;
let credential: string;
beforeAll(async () => {
  gateway = await startTestGateway();
  cli = await openCliOf(gateway);
  credential = (await gateway.createKey({ scopes: ['servers:write', 'servers:read'] })).apiKey;
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

/** What once stopped the tables for everybody is tried every time. */
const SEEN_URL = 'http:api.example.com/mcp';
const SEEN_TIME = '9999-12-31T23:59:59-05:00';
const numRuns = 60;
const accepted = { rest: 0, servers: 0, import: 0, apply: 0, keys: 0 };
let made = 0;
const newName = () => `s${(made += 1)}`;

/** Does something, and reads the events that it appended, every one of them. */
async function appendedBy(face: keyof typeof accepted, work: () => Promise<unknown>): Promise<KnownEvent[]> {
  const { events } = gateway.stores;
  const after = await events.end();
  const refused = await work();
  const recorded = await Array.fromAsync(events.readAll(after === undefined ? {} : { after }));
  const known = recorded.map((event) => {
    const decoded = decodeKnown(event);
    expect(decoded && canonicalJson(decoded.data)).toBe(canonicalJson(event.data));
    return decoded;
  });
  expect(known.length > 0).toBe(refused === undefined);
  if (refused === undefined) accepted[face] += 1;
  return known.filter((event) => event !== undefined);
}

/** What a row of mcp_servers must hold. */
interface Accepted {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly url: string;
  readonly timeouts?: Partial<Timeouts>;
}

async function expectServer(name: string, { title, description, url, timeouts }: Accepted): Promise<void> {
  expect(await findServer(gateway.stores.db, name)).toMatchObject({
    title: title ?? null,
    description: description ?? null,
    url,
    timeouts: { ...DEFAULT_TIMEOUTS, ...timeouts },
    limits: DEFAULT_LIMITS,
  });
}

/** @returns the refusal's code; undefined when it was accepted */
async function post(body: object): Promise<string | undefined> {
  const answer = await fetch(`${gateway.url}/api/v1/mcp/servers`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': credential },
    body: JSON.stringify(body),
  });
  const { code } = (await answer.json()) as { code?: string };
  if (answer.status === 201) return undefined;
  expect([answer.status, code]).toEqual([400, expect.any(String)]);
  return code;
}

/** A refusal with its way out: never a fault of ours. */
function expectRefusal(error: AppError | undefined): void {
  if (error !== undefined) expect(error.kind).toBeOneOf(['invalid', 'refused']);
}

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
/** Of several wrong values the first is refused, so most are right. */
const mostly = <T>(good: T, any: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: any });
const someUrl = fc.oneof(anyUrl, goodUrl);
const someText = mostly('ü 😀', anyText);
const someDuration = mostly('36500d', anyDuration);
const someTime = mostly('9999-12-31T23:59:59.9994-00:00', anyTime);
const someNumber = mostly(2_147_483_648, anyNumber);
const isEmpty = (text: string | undefined) => text === undefined || text === '';

describe('what is accepted decodes again as the same value [events-checked-where-made]', () => {
  property.prop([someUrl, optional(someText), optional(someText), optional(someNumber)], {
    numRuns,
    examples: [[SEEN_URL, undefined, undefined, undefined]],
  })('over REST', async (url, title, description, idle_ms) => {
    const name = newName();
    const body = { name, url, title, description, timeouts: { idle_ms } };
    const events = await appendedBy('rest', () => post(body));
    if (events.length > 0) {
      await expectServer(name, {
        url,
        title,
        description,
        timeouts: idle_ms === undefined ? {} : { idleMs: idle_ms },
      });
    }
  });

  property.prop([someUrl, optional(someText), optional(someText), optional(someDuration)], {
    numRuns,
    examples: [[SEEN_URL, undefined, undefined, undefined]],
  })('by servers add', async (url, title, description, total) => {
    const name = newName();
    const options = [
      ...(title === undefined ? [] : [`--title=${title}`]),
      ...(description === undefined ? [] : [`--description=${description}`]),
      ...(total === undefined ? [] : [`--total-timeout=${total}`]),
    ];
    const events = await appendedBy('servers', async () => {
      const refusal = await cli.run(['servers', 'add', name, `--url=${url}`, ...options]);
      expectRefusal(refusal);
      return refusal;
    });
    if (events.length > 0) {
      const row = await findServer(gateway.stores.db, name);
      await expectServer(name, {
        url,
        title: isEmpty(title) ? undefined : title,
        description: isEmpty(description) ? undefined : description,
        timeouts: { totalMs: row?.timeouts.totalMs ?? 0 },
      });
    }
  });

  property.prop([someUrl, optional(someText), optional(someText), optional(someNumber)], {
    numRuns,
    examples: [[SEEN_URL, undefined, undefined, undefined]],
  })('by servers import', async (url, title, description, timeout) => {
    const name = newName();
    await cli.write(
      'mcp.json',
      JSON.stringify({ mcpServers: { [name]: { type: 'http', url, title, description, options: { timeout } } } }),
    );
    const events = await appendedBy('import', async () => {
      const refusal = await cli.run(['servers', 'import', 'mcp.json']);
      expectRefusal(refusal);
      return refusal;
    });
    if (events.length > 0) {
      const row = await findServer(gateway.stores.db, name);
      // In a client's file, a blank text says nothing.
      const stated = (text: string | undefined) => (text?.trim() === '' ? undefined : text);
      await expectServer(name, {
        url,
        title: stated(title),
        description: stated(description),
        timeouts: { idleMs: row?.timeouts.idleMs ?? 0 },
      });
    }
  });

  property.prop([someUrl, optional(someText), optional(someDuration), someText, optional(someTime)], {
    numRuns,
    examples: [
      [SEEN_URL, undefined, undefined, 'd', undefined],
      ['https://h.example/mcp', undefined, undefined, 'd', SEEN_TIME],
    ],
  })('by apply', async (url, title, idle, description, expires) => {
    const name = newName();
    const servers = { [name]: { url, title, timeouts: { idle } } };
    const keys = { [name]: { description: description, expires } };
    await cli.write('a.json', JSON.stringify({ version: 1, servers, keys }));
    const events = await appendedBy('apply', async () => {
      const refusal = await cli.run(['apply', '-f', 'a.json']);
      expectRefusal(refusal);
      return refusal;
    });
    if (events.length > 0) {
      const row = await findServer(gateway.stores.db, name);
      await expectServer(name, { url, title, timeouts: { idleMs: row?.timeouts.idleMs ?? 0 } });
      const created = events.find(({ type }) => type === 'ApiKeyCreated');
      const key = await findKey(gateway.stores.db, created?.stream.slice('apiKey-'.length) ?? '');
      expect(key).toMatchObject({ name, description });
      expect(key?.expiresAt?.getTime()).toBe(expires === undefined ? undefined : Date.parse(expires));
    }
  });

  property.prop([someText, optional(someText), optional(someDuration), someText, someDuration], { numRuns: 20 })(
    'by keys create, access, rotate and delete',
    async (name, description, expiresIn, reason, grace) => {
      const commandOf = (argv: readonly string[]) =>
        appendedBy('keys', async () => {
          const refusal = await cli.run(argv);
          expectRefusal(refusal);
          return refusal;
        });
      const [created] = await commandOf([
        ...['keys', 'create', `--name=${name}`],
        ...(description === undefined ? [] : [`--description=${description}`]),
        ...(expiresIn === undefined ? [] : [`--expires-in=${expiresIn}`]),
      ]);
      if (created?.type !== 'ApiKeyCreated') return;
      const { expiresAt } = created.data;
      const id = created.stream.slice('apiKey-'.length);
      const key = await findKey(gateway.stores.db, id);
      expect(key).toMatchObject({
        name,
        description: description ?? null,
        expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
      });
      await commandOf(['keys', 'access', id, `--expires-in=${grace}`, `--reason=${reason}`]);
      await commandOf(['keys', 'rotate', id, `--grace=${grace}`, `--reason=${reason}`]);
      await commandOf(['keys', 'delete', id, '--confirm', `--reason=${reason}`]);
    },
  );

  test('and of each face some are accepted', () => {
    for (const count of Object.values(accepted)) expect(count).toBeGreaterThan(0);
  });
});
