import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Circuits, type OpenCircuit } from '../../src/calls/circuits.ts';
import { AppError, Unavailable } from '../../src/errors/appError.ts';
import { MemoryServers } from './memory.ts';

const servers = new MemoryServers();
const SERVER = servers.set('slow', 'http://127.0.0.1:1/mcp');

let now: number;
let checks: number;
/** What the server answers the gateway itself. */
let answer: Error | undefined;
let changes: (OpenCircuit['state'] | 'closed')[];
let circuits: Circuits;
beforeEach(() => {
  now = 1_700_000_000_000;
  checks = 0;
  answer = new Unavailable('upstream-unreachable', 'Nobody is there.');
  changes = [];
  circuits = make();
});

function make(failures?: number): Circuits {
  return new Circuits({
    clock: () => now,
    steadyClock: () => now,
    failures,
    check: () => {
      checks++;
      return answer === undefined ? Promise.resolve() : Promise.reject(answer);
    },
    onChange: (_server, circuit) => changes.push(circuit?.state ?? 'closed'),
  });
}

function fail(times: number, outcome = 'upstream-unreachable', server = SERVER): void {
  for (let at = 0; at < times; at++) circuits.note(server, outcome);
}

async function open(failures = 5): Promise<void> {
  fail(failures);
  await vi.waitUntil(() => circuits.of('slow') !== undefined);
}

function refusalOf(call: () => void): AppError | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

describe('the circuit of a server', () => {
  test('is opened by failures in a row once the server does not answer the gateway either [proxy-circuit-breaker]', async () => {
    fail(4);
    expect(checks).toBe(0);
    circuits.enter(SERVER);
    await open(1);
    expect(checks).toBe(1);
    const refusal = refusalOf(() => circuits.enter(SERVER));
    expect(refusal).toMatchObject({
      code: 'server-circuit-open',
      kind: 'unavailable',
      message:
        'The server "slow" has not answered 5 calls in a row and is not asked since 2023-11-14T22:13:20.000Z: Nobody is there. ' +
        'It is tried again in 10 s. To test it: metamcp-cli servers test slow',
      data: { failures: 5, retryAfterSeconds: 10, retryAt: '2023-11-14T22:13:30.000Z' },
    });
    expect(changes).toEqual(['open']);
  });

  test('stays closed where the server answers the gateway: a slow tool is not everybody’s loss [proxy-circuit-slow]', async () => {
    answer = undefined;
    for (let round = 1; round < 4; round++) {
      fail(5, 'upstream-timeout');
      await vi.waitUntil(() => checks === round);
      // What was counted is forgotten once it has answered.
      await vi.waitUntil(() => {
        circuits.enter(SERVER);
        return circuits.of('slow') === undefined;
      });
    }
    answer = new Unavailable('upstream-unauthorized', 'It wants a credential.');
    fail(5);
    await vi.waitUntil(() => checks === 4);
    expect(refusalOf(() => circuits.enter(SERVER))).toBeUndefined();
    expect(changes).toEqual([]);
  });

  test.each(['ok', 'upstream-rpc-error', 'tool-error', 'upstream-error', 'upstream-unauthorized', 'session-not-found'])(
    'counts in a row: %s ends the row [proxy-circuit-breaker]',
    (outcome) => {
      fail(4);
      circuits.note(SERVER, outcome);
      fail(4);
      expect(checks).toBe(0);
    },
  );

  test.each(['client-closed', 'key-revoked', 'server-busy', 'gateway-stopping'])('does not count %s', (outcome) => {
    fail(20, outcome);
    expect(checks).toBe(0);
  });

  test('lets one call try the server after the wait, and closes by its success [proxy-circuit-half-open]', async () => {
    await open();
    now += 9_999;
    expect(refusalOf(() => circuits.check(SERVER))?.code).toBe('server-circuit-open');
    now += 1;
    expect(circuits.of('slow')?.state).toBe('half-open');
    // To look does not take the place of the call that follows.
    circuits.check(SERVER);
    circuits.enter(SERVER);
    expect(refusalOf(() => circuits.enter(SERVER))?.message).toContain(
      'One call tries it now; another one may in 10 s.',
    );
    circuits.note(SERVER, 'ok');
    circuits.enter(SERVER);
    expect(circuits.of('slow')).toBeUndefined();
    expect(changes).toEqual(['open', 'half-open', 'closed']);
  });

  test('waits anew after a call that tried in vain, and since the same time [proxy-circuit-half-open]', async () => {
    await open();
    now += 10_000;
    circuits.enter(SERVER);
    now += 5_000;
    fail(1);
    await vi.waitUntil(() => circuits.of('slow')?.state === 'open');
    expect(circuits.of('slow')).toMatchObject({ failures: 6, since: 1_700_000_000_000, retryAt: now + 10_000 });
    expect(changes).toEqual(['open', 'half-open', 'open']);
  });

  test('lets another call try where the first one takes long, or has left [proxy-circuit-half-open]', async () => {
    await open();
    now += 10_000;
    circuits.enter(SERVER);
    circuits.note(SERVER, 'client-closed');
    expect(refusalOf(() => circuits.enter(SERVER))?.code).toBe('server-circuit-open');
    now += 10_000;
    expect(refusalOf(() => circuits.enter(SERVER))).toBeUndefined();
  });

  test('is closed by a change of the server', async () => {
    await open();
    circuits.forget('slow');
    expect(refusalOf(() => circuits.enter(SERVER))).toBeUndefined();
    expect(changes).toEqual(['open', 'closed']);
  });

  test('of a key with a credential of its own is that key’s alone', async () => {
    const ofKey = { ...SERVER, credential: 'of-a-key' };
    fail(5, 'upstream-unreachable', ofKey);
    await vi.waitUntil(() => circuits.of('slow') !== undefined);
    expect(refusalOf(() => circuits.enter(ofKey))?.code).toBe('server-circuit-open');
    expect(refusalOf(() => circuits.enter(SERVER))).toBeUndefined();
  });

  test('is never opened for a program, whose starts have limits of their own, nor with 0 failures', () => {
    fail(20, 'upstream-timeout', { ...SERVER, transport: 'stdio' });
    circuits = make(0);
    fail(20);
    expect(checks).toBe(0);
  });
});
