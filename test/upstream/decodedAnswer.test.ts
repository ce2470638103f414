import { setImmediate as turn } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DecodedAnswer } from '../../src/upstream/http/decodedAnswer.ts';

const SIZE = 16 * 1024 * 1024;

/** The HTTP client's side of an exchange. */
class Sender implements Dispatcher.DispatchController {
  paused = false;
  aborted = false;
  reason: Error | null = null;

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  abort(reason: Error): void {
    this.aborted = true;
    this.reason = reason;
  }
}

/** Takes one piece, and no more until it is told to. */
class SlowTaker implements Dispatcher.DispatchHandler {
  received = 0;
  ended = 0;
  error: Error | undefined;
  controller: Dispatcher.DispatchController | undefined;
  isSlow = true;

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.controller = controller;
    this.received += chunk.length;
    if (this.isSlow) controller.pause();
  }

  onResponseEnd(): void {
    this.ended++;
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.error = error;
  }
}

/** Lets whatever is under way go on, for much longer than it takes to decode all. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 2_000; turns++) await turn();
}

describe('content that grows a thousandfold when it is decoded', () => {
  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['gzip, gzip', (text: Buffer) => gzipSync(gzipSync(text))],
  ] as const)('(%s) is decoded as fast as it is taken, and no faster', async (coding, encode) => {
    const taker = new SlowTaker();
    const sender = new Sender();
    const answer = new DecodedAnswer(taker);
    answer.onRequestStart(sender, {});
    answer.onResponseStart(sender, 200, { 'content-encoding': coding });
    answer.onResponseData(sender, encode(Buffer.alloc(SIZE)));
    answer.onResponseEnd(sender, {});
    await expect.poll(() => taker.received).toBeGreaterThan(0);
    await settle();
    expect(taker.received).toBeLessThan(SIZE / 100);
    expect(taker.ended).toBe(0);
    taker.isSlow = false;
    taker.controller?.resume();
    await expect.poll(() => taker.ended).toBe(1);
    expect([taker.received, taker.error]).toEqual([SIZE, undefined]);
  });

  it('is decoded no more once the exchange is over, though the server has sent all', async () => {
    const taker = new SlowTaker();
    const sender = new Sender();
    const answer = new DecodedAnswer(taker);
    answer.onRequestStart(sender, {});
    answer.onResponseStart(sender, 200, { 'content-encoding': 'gzip' });
    answer.onResponseData(sender, gzipSync(Buffer.alloc(SIZE)));
    answer.onResponseEnd(sender, {});
    await expect.poll(() => taker.received).toBeGreaterThan(0);
    const { received } = taker;
    taker.isSlow = false;
    const reason = new Error('over');
    answer.abort(reason);
    expect(taker.error).toBe(reason);
    await settle();
    expect([taker.received, taker.ended]).toEqual([received, 0]);
  });

  it('and is broken is let go', async () => {
    const taker = new SlowTaker();
    taker.isSlow = false;
    const sender = new Sender();
    const answer = new DecodedAnswer(taker);
    answer.onRequestStart(sender, {});
    answer.onResponseStart(sender, 200, { 'content-encoding': 'gzip' });
    const bytes = gzipSync(Buffer.alloc(SIZE)).fill(0xff, 10, 20);
    answer.onResponseData(sender, bytes);
    await expect.poll(() => taker.error).toBeInstanceOf(Error);
    expect([sender.aborted, taker.error?.message]).toEqual([true, 'the content can’t be decoded']);
  });
});
