import { expect, test } from 'vitest';
import type { AnswerSink } from '../../src/proxy/bytes/answerSink.ts';
import { ListChangeWatch } from '../../src/proxy/bytes/listChangeWatch.ts';

const EVENT = 'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n';

/** Counts what is heard of pieces that all pass. */
function heardOf(pieces: readonly string[]): number {
  const passed: Buffer[] = [];
  const out: AnswerSink = {
    isStream: true,
    data(chunk) {
      passed.push(chunk);
      return 'passed';
    },
    end: () => undefined,
    fail: () => undefined,
    keepAlive: () => undefined,
  };
  let heard = 0;
  const watch = new ListChangeWatch(out, () => (heard += 1));
  for (const piece of pieces) expect(watch.data(Buffer.from(piece))).toBe('passed');
  expect(Buffer.concat(passed).toString()).toBe(pieces.join(''));
  return heard;
}

test('a changed list is heard of wherever the stream is cut [catalogue-announced]', () => {
  for (let at = 0; at <= EVENT.length; at++) expect(heardOf([EVENT.slice(0, at), EVENT.slice(at)])).toBe(1);
  expect(heardOf([...EVENT])).toBe(1);
  expect(heardOf([EVENT.replaceAll('/', '\\/')])).toBe(1);
  expect(heardOf([EVENT, EVENT])).toBe(2);
});

test('nothing else is heard of [catalogue-announced]', () => {
  expect(
    heardOf([': keep-alive\n\n', 'data: {"method":"notifications/resources/updated"}\n\n', 'list_chang', 'e']),
  ).toBe(0);
});
