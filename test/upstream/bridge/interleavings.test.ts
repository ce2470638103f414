import { getEventListeners } from 'node:events';
import { fc } from '@fast-check/vitest';
import { afterAll, describe, expect, test } from 'vitest';
import { Limited } from '../../../src/errors/appError.ts';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import { asLegacy } from '../../../src/upstream/bridge/asLegacy.ts';
import { ParkedBudget } from '../../../src/upstream/bridge/parkedBudget.ts';
import type { Upstream, UpstreamMessage } from '../../../src/upstream/upstream.ts';
import type { Outlet } from '../../contract/upstreamWorld.ts';
import { httpWorld } from '../support/httpWorld.ts';
import { stdioWorld } from '../stdio/stdioWorld.ts';
import { ABLE, got, openBridge, type Got } from './asModernWorld.ts';
import { CALLS, expectProgress, inTime, leaving, listenTo, planOf, TURNS, type Call } from './interleavedCalls.ts';
import {
  allQuestionsOf,
  legacyInterleavedServer,
  modernInterleavedServer,
  pauses,
  saying,
} from './interleavedServer.ts';
import { outcomeOf } from './legacyClient.ts';

// So many times the runs by hand: INTERLEAVED_TIMES=10 npx vitest run test/upstream/bridge/interleavings
const TIMES = Number(process.env['INTERLEAVED_TIMES'] ?? 1);
/** How long new runs of one cell are begun, in milliseconds: a slow machine makes fewer of them. */
const TIME_LIMIT_MS = 2_500 * TIMES;
/** Of calls that wait for their clients; more are refused. */
const PARKED = 5;
const EXPIRY_MS = 3_000;

const programs = { legacy: stdioWorld('legacy'), modern: stdioWorld('modern') };
afterAll(async () => {
  for (const world of Object.values(programs)) await world[Symbol.asyncDispose]();
});

describe.each([
  { name: 'HTTP', world: httpWorld('legacy'), isOneChannel: false, runs: 60 * TIMES },
  { name: 'stdio', world: programs.legacy, isOneChannel: true, runs: 10 * TIMES },
])('modern clients that use a legacy server over $name at the same time', ({ world, isOneChannel, runs }) => {
  test('get one answer for each request, in order, and nothing is held at the end [bridge-interleaved]', async () => {
    await tryMany(runs, async (calls, pause, signals) => {
      const budget = new ParkedBudget({ perKey: PARKED });
      const limits = { expiryMs: EXPIRY_MS };
      await using bridge = await openBridge(world, legacyInterleavedServer(pause), { shared: budget, limits });
      {
        await using listening = listenTo(bridge.upstream, signals, ABLE);
        await expect.poll(() => listening.isAcknowledged).toBe(true);
        const surroundings = { pause, budget, signals };
        const ends = await inTime(
          calls.map((call, index) => useAsModern(bridge.upstream, call, `m${index}`, surroundings)),
        );
        for (const [index, end] of ends.entries()) {
          if (end === undefined) continue;
          expect(end.error).toBeUndefined();
          expectOwn(end.result, calls[index] as Call, `m${index}`, isOneChannel);
        }
        const isTold = ends.some((end, index) => end !== undefined && calls[index]?.changes && calls[index].isAble);
        if (isTold) await expect.poll(() => listening.heard.length).toBeGreaterThan(0);
        expect(listening.heard.length).toBeLessThanOrEqual(calls.length);
        await expect.poll(() => budget.calls).toBe(0);
      }
      expect([bridge.upstream.waiting, budget.bytes, budget.keys]).toEqual([0, 0, 0]);
      await bridge.upstream[Symbol.asyncDispose]();
      for (const { listeners } of bridge.sessions) await expect.poll(() => listeners.length).toBe(0);
    });
  });
});

describe.each([
  { name: 'HTTP', world: httpWorld('modern'), runs: 60 * TIMES },
  { name: 'stdio', world: programs.modern, runs: 10 * TIMES },
])('legacy clients that use a modern server over $name at the same time', ({ world, runs }) => {
  test('get one answer for each request, in order, and nothing is held at the end [bridge-interleaved]', async () => {
    await tryMany(runs, async (calls, pause, signals) => {
      const listeners: (() => readonly Outlet[])[] = [];
      const all = () => listeners.flatMap((each) => each());
      // Clients that can be asked, and others: a session is of one kind.
      await using able = await world.open(modernInterleavedServer(pause, all));
      await using unable = await world.open(modernInterleavedServer(pause, all));
      listeners.push(() => able.listeners);
      const session = asLegacy(able.upstream, { capabilities: ABLE });
      const other = asLegacy(unable.upstream, { capabilities: {} });
      {
        await using listening = listenTo(session, signals);
        await expect.poll(() => able.listeners.length).toBeGreaterThan(0);
        const ends = await inTime(
          calls.map((call, index) => useAsLegacy(call.isAble ? session : other, call, `m${index}`, pause, signals)),
        );
        for (const [index, end] of ends.entries()) {
          if (end !== undefined) expectOwn(end, calls[index] as Call, `m${index}`);
        }
        const isTold = ends.some((end, index) => end !== undefined && calls[index]?.changes);
        if (isTold) await expect.poll(() => listening.heard.length).toBeGreaterThan(0);
        expect(listening.heard.length).toBeLessThanOrEqual(calls.length);
      }
      await expect.poll(() => able.listeners.length).toBe(0);
      await session[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    });
  });
});

/** Tries generated calls, until some time is over. At the end no signal of a client has listeners. */
async function tryMany(
  runs: number,
  run: (calls: readonly Call[], pause: () => Promise<void>, signals: AbortSignal[]) => Promise<void>,
): Promise<void> {
  const until = performance.now() + TIME_LIMIT_MS;
  await fc.assert(
    fc.asyncProperty(CALLS, TURNS, async (calls, turns) => {
      if (performance.now() > until) return;
      const signals: AbortSignal[] = [];
      await run(calls, pauses(turns), signals);
      expect(signals.flatMap((signal) => getEventListeners(signal, 'abort'))).toEqual([]);
    }),
    { numRuns: runs, endOnFailure: true },
  );
}

interface Surroundings {
  readonly pause: () => Promise<void>;
  readonly budget: ParkedBudget;
  readonly signals: AbortSignal[];
}

/** Makes a call as a modern client, through all its rounds. @returns what it ended with; undefined: it was left, or refused */
async function useAsModern(
  upstream: Upstream,
  call: Call,
  mark: string,
  { pause, budget, signals }: Surroundings,
): Promise<Got | undefined> {
  const { manner, at, isAble } = call;
  let params: JsonObject = { name: 'work', arguments: planOf(call, mark), _meta: { progressToken: mark } };
  const told: number[] = [];
  for (let round = 0; ; round++) {
    const { signal, abort } = leaving(signals);
    const isNow = round === at;
    await pause();
    if (isNow && manner === 'leaves') void pause().then(abort);
    const askedAt = performance.now();
    const ask = () => got(upstream.ask({ method: 'tools/call', params }, { signal, capabilities: isAble ? ABLE : {} }));
    // Of two repeats at once one is too late.
    const isTwice = isNow && manner === 'repeats twice' && round > 0;
    const answers: Got[] = [];
    try {
      answers.push(...(await Promise.all(isTwice ? [ask(), ask()] : [ask()])));
    } catch (error) {
      if (signal.aborted || (error instanceof Limited && error.code === 'too-many-parked-calls')) return undefined;
      throw error;
    }
    expect(budget.calls).toBeLessThanOrEqual(PARKED);
    const [answered] = answers.filter((one) => !isUnknown(one));
    if (isTwice) expect(answers.filter(isUnknown)).not.toEqual([]);
    if (answered === undefined) {
      // It came back too late, which only a very slow machine does.
      expect(performance.now() - askedAt).toBeGreaterThan(EXPIRY_MS / 2);
      return undefined;
    }
    expect(answered.messages.filter(({ kind }) => kind === 'request')).toEqual([]);
    expectProgress(answered.messages.slice(0, -1), mark, told);
    if (answered.result?.['resultType'] !== 'input_required') return answered;
    if (isNow && manner === 'forgets') return undefined;
    const says = isNow && manner === 'refuses' ? () => ({ action: 'decline' }) : saying;
    const inputResponses = Object.fromEntries(Object.entries(answered.inputs).map(([key, one]) => [key, says(one)]));
    params = { ...params, inputResponses, requestState: answered.requestState };
  }
}

/** Makes a call as a legacy client. @returns the result; undefined: it was left, or ended by the client's refusal */
async function useAsLegacy(
  upstream: Upstream,
  call: Call,
  mark: string,
  pause: () => Promise<void>,
  signals: AbortSignal[],
): Promise<JsonObject | undefined> {
  const { manner, at } = call;
  const { signal, abort } = leaving(signals);
  const messages: UpstreamMessage[] = [];
  const params = { name: 'work', arguments: planOf(call, mark), _meta: { progressToken: mark } };
  let asked = 0;
  await pause();
  if (manner === 'leaves') void pause().then(abort);
  try {
    for await (const message of upstream.ask({ method: 'tools/call', params }, { signal })) {
      messages.push(message);
      await pause();
      if (message.kind !== 'request') continue;
      const { id, params: question } = message.request;
      const isNow = asked++ === at;
      if (isNow && manner === 'forgets') void pause().then(abort);
      else if (isNow && manner === 'refuses') void upstream.reply(id, { error: { code: -1, message: 'no' } });
      else {
        const reply = () => upstream.reply(id, { result: saying({ params: question }) });
        void pause().then(reply);
        if (isNow && manner === 'repeats twice') void pause().then(reply);
      }
    }
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
  expect(messages.filter(({ kind }) => kind === 'response')).toHaveLength(1);
  expectProgress(messages, mark, []);
  const { result } = outcomeOf(messages);
  if (manner === 'refuses' && asked > at) {
    expect(result).toBeUndefined();
    return undefined;
  }
  return result as JsonObject;
}

const isUnknown = ({ error }: Got): boolean =>
  error?.message.startsWith('The requestState belongs to no call') === true;

/** @param isGuessed one client may be asked what the server wants of another one, which gets `refused` if the first one leaves */
function expectOwn(result: JsonObject | undefined, call: Call, mark: string, isGuessed = false): void {
  const plan = planOf(call, mark);
  const { mark: of, got: said } = result?.['structuredContent'] as { mark: string; got: string[] };
  expect(of).toBe(mark);
  const own = allQuestionsOf(plan).map((question) =>
    call.manner === 'refuses' && question.startsWith(`${mark}/${call.at}/`) ? 'refused' : question,
  );
  if (!isGuessed) expect(said).toEqual(own);
  else {
    const questions = allQuestionsOf(plan);
    expect(said.map((one, index) => (one === 'refused' ? questions[index] : one))).toEqual(questions);
  }
}
