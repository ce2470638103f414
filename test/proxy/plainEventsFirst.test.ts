import { describe, expect, it } from 'vitest';
import type { AnswerSink } from '../../src/proxy/bytes/answerSink.ts';
import { PlainEventsFirst } from '../../src/proxy/bytes/plainEventsFirst.ts';

/** Where the pieces of a stream go. */
function waysOf(pieces: readonly string[]): string {
  let ways = '';
  const sink = (way: string): AnswerSink => ({
    isStream: true,
    data() {
      ways += way;
      return 'passed';
    },
    end: () => undefined,
    fail: () => undefined,
    keepAlive: () => undefined,
  });
  const first = new PlainEventsFirst(sink('p'), sink('e'));
  for (const piece of pieces) void first.data(Buffer.from(piece));
  return ways;
}

const plain = 'event: message\ndata: {"id":1}\n\n';

describe('a piece of an event stream passes as it comes', () => {
  it.each([
    ['one event', plain],
    ['several events', plain.repeat(3)],
    ['an id within a line', 'data: an id: 1\n\n'],
    ['line ends of both kinds', 'event: message\r\ndata: {}\r\n\n\n'],
  ])('with %s', (_what, piece) => expect(waysOf([piece, plain])).toBe('pp'));
});

describe('a stream is read event by event from a piece on', () => {
  it.each([
    ['an id at its beginning', `id: 1\n${plain}`],
    ['an id behind a line feed', `event: message\nid: 1\ndata: {}\n\n`],
    ['an id behind a carriage return', `event: message\rid: 1\rdata: {}\n\n`],
    ['an id in its last event', `${plain}id: 2\n${plain}`],
    ['more lines than are looked at', 'data: a\n\n'.repeat(40)],
    ['a message with a method', 'data: {"method":"ping"}\n\n'],
    ['half an event', 'data: {'],
    ['a byte order mark', `\uFEFF${plain}`],
  ])('with %s', (_what, piece) => expect(waysOf([plain, piece, plain])).toBe('pee'));
});
