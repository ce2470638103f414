import { expect, it } from 'vitest';
import { MAX_SIGNS, sessionOptions, STRANGERS_STREAMS } from '../../src/front/http2/sessionOptions.ts';
import { frontLimits } from '../../src/front/limits.ts';
import { checkRequestHead } from '../../src/front/requestHead.ts';
import { documentedBounds } from './boundsTable.ts';
import { openFrontServer } from './frontServer.ts';

const bound = (what: string) => documentedBounds().get(what)?.[0];

it('docs/operating.md has the bounds of time and number that hold on a connection [front-bounds-told]', async () => {
  await using opened = await openFrontServer({ serve: (_req, res) => void res.end() });
  const { server } = opened.front;
  const limits = frontLimits();
  expect(bound('time for the headers')).toBe(`${server.headersTimeout / 1_000} s`);
  expect(bound('an idle connection')).toBe(`${server.keepAliveTimeout / 1_000} s`);
  expect(bound('time for the body')).toBe(`${limits.maxBodyMs / 1_000} s (not of lines)`);
  expect(bound('what the client takes of an answer')).toBe(
    `${limits.minTakenBytes / 1_024} KiB within ${limits.slowReaderMs / 1_000} s`,
  );
  const ahead = limits.maxWaitingRequests.toLocaleString('en');
  expect(bound('requests sent ahead')).toBe(`${ahead} over all connections`);
});

it('docs/operating.md has the bounds of a session of HTTP/2 [front-bounds-told]', () => {
  const { settings, streamResetBurst, streamResetRate, maxSessionInvalidFrames } = sessionOptions();
  const streams = `${String(settings?.maxConcurrentStreams)}, of a stranger ${STRANGERS_STREAMS}`;
  expect(bound('HTTP/2: streams of a session')).toBe(streams);
  expect(bound('HTTP/2: requests that are reset')).toBe(
    `${String(streamResetBurst)}, and ${String(streamResetRate)} a second`,
  );
  expect(bound('HTTP/2: empty frames, wrong frames')).toBe(`${String(maxSessionInvalidFrames)} of a session`);
  expect(frontLimits().sweepMs).toBe(500);
  expect(bound('HTTP/2: PING and SETTINGS')).toBe(`${MAX_SIGNS} within half a second`);
});

it('headers are bounded in size and number, as docs/operating.md says [front-bounds-told]', async () => {
  const [, kibibytes, number] = /^(\d+) KiB, (\d+) headers$/.exec(bound('request line and headers') ?? '') ?? [];
  await using opened = await openFrontServer({
    serve(req, res) {
      try {
        checkRequestHead(req);
        res.writeHead(200).end();
      } catch {
        res.writeHead(431).end();
      }
    },
  });
  const answerTo = async (headers: Record<string, string>) => (await fetch(opened.url, { headers })).status;
  const some = Object.fromEntries(Array.from({ length: Number(number) - 20 }, (_, n) => [`x-${n}`, '']));
  const more = Object.fromEntries(Array.from({ length: Number(number) + 1 }, (_, n) => [`x-${n}`, '']));
  expect([await answerTo(some), await answerTo(more)]).toEqual([200, 431]);
  const large = (kib: number) => answerTo({ 'x-large': 'x'.repeat(kib * 1_024) });
  expect([await large(Number(kibibytes) - 1), await large(Number(kibibytes))]).toEqual([200, 431]);
});
