import { fc, test as property } from '@fast-check/vitest';
import { createParser } from 'eventsource-parser';
import { describe, expect, test } from 'vitest';
import { EventReader } from '../../src/mcp/eventReader.ts';
import { EventSplitter } from '../../src/mcp/eventSplitter.ts';
import { MessageScan } from '../../src/mcp/messageScan.ts';

interface Seen {
  /** Each event by where it ends in the stream, whether it is a message, and whom it answers. */
  readonly events: { end: number; isMessage: boolean; ids: unknown[] }[];
  readonly resumable: boolean;
  readonly within: boolean;
  /** Up to where all has ended. */
  readonly ended: number;
}

function read(...pieces: readonly Buffer[]): Seen {
  const scan = new MessageScan();
  const reader = new EventReader(scan);
  const events: Seen['events'] = [];
  let offset = 0;
  let ended = 0;
  for (const piece of pieces) {
    for (let end = reader.next(piece, 0); end !== -1; end = reader.next(piece, end)) {
      const { isMessage } = reader;
      events.push({ end: offset + end, isMessage, ids: isMessage ? scan.responses.map(({ id }) => id) : [] });
    }
    if (reader.from > 0) ended = offset + reader.from;
    offset += piece.length;
  }
  return { events, resumable: reader.resumable, within: reader.isWithinEvent, ended };
}

const RESPONSE = 'data: {"jsonrpc":"2.0","id":1,"result":{}}';
const line = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      ...[RESPONSE, 'data:{"id":2,', 'data: "error":{}}', 'data', 'data:', 'data:  ', 'dat', 'data2: x'],
      ...['id: 7', 'id:', 'id', 'id: ', 'id:a\0b', 'ids: 1', 'event: message', 'event:x', 'event', 'event: messages'],
      ...[': ping', ':', 'retry: 5', 'ü', 'eventt: x', 'data : x', ' data: x'],
    ),
  },
);
const lineEnd = fc.constantFrom('\n', '\n', '\r\n', '\r');
const stream = fc
  .tuple(
    fc.constantFrom('', '\uFEFF'),
    fc.array(fc.tuple(line, lineEnd), { maxLength: 12 }),
    fc.constantFrom('', ': pi', 'id: 9', 'data: x', 'da'),
  )
  .map(([mark, lines, rest]) => Buffer.from(mark + lines.flat().join('') + rest));

/** The same by the line rules alone: slow and plain (WHATWG HTML, 9.2.6). */
function plainly(text: string): { isMessage: boolean; ids: unknown[] }[] & { resumable?: boolean } {
  const events: ReturnType<typeof plainly> = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  lines.pop();
  let [begun, type, data] = [false, '', [] as string[]];
  let newId: string | undefined;
  for (const one of lines) {
    if (one === '') {
      if (begun) {
        const isMessage = data.length > 0 && ['', 'message'].includes(type);
        const scan = new MessageScan();
        scan.push(Buffer.from(data.join('\n')));
        events.push({ isMessage, ids: isMessage ? scan.responses.map(({ id }) => id) : [] });
        if (newId !== undefined) events.resumable = newId !== '';
      }
      [begun, type, data, newId] = [false, '', [], undefined];
      continue;
    }
    const [, name = one, content = ''] = /^([^:]*):? ?([^]*)$/.exec(one) ?? [];
    if (one.startsWith(':')) continue;
    begun = true;
    if (name === 'data') data.push(content);
    else if (name === 'event') type = content;
    else if (name === 'id' && !content.includes('\0')) newId = content;
  }
  return events;
}

property.prop([stream], { numRuns: 2_000 })('reads a stream as its lines say', (bytes) => {
  const plain = plainly(bytes.toString());
  const { events, resumable } = read(bytes);
  expect(events.map(({ isMessage, ids }) => ({ isMessage, ids }))).toEqual([...plain]);
  expect(resumable).toBe(plain.resumable ?? false);
});

property.prop([stream], { numRuns: 500 })('reads the same wherever the stream is cut, and in single bytes', (bytes) => {
  const whole = read(bytes);
  const plain = (seen: Seen) => ({ ...seen, ended: 0, events: seen.events.map((event) => ({ ...event, end: 0 })) });
  for (let at = 0; at <= bytes.length; at++) {
    expect(plain(read(bytes.subarray(0, at), bytes.subarray(at)))).toEqual(plain(whole));
  }
  expect(plain(read(...Array.from(bytes, (byte) => Buffer.of(byte))))).toEqual(plain(whole));
});

property.prop([stream, fc.nat()], { numRuns: 1_000 })(
  'what it says has ended are whole events, for any parser',
  (bytes, cut) => {
    const messages = (part: Buffer): unknown[] => {
      const seen: unknown[] = [];
      const parser = createParser({ onEvent: (event) => seen.push(event) });
      parser.feed(part.toString('utf8'));
      // A line or an event that had begun would take this in.
      parser.feed('event: probe\ndata: probe\n\n');
      return seen;
    };
    const at = cut % (bytes.length + 1);
    const { ended } = read(bytes.subarray(0, at), bytes.subarray(at));
    const passed = messages(bytes.subarray(0, ended));
    expect(passed.at(-1)).toMatchObject({ event: 'probe', data: 'probe' });
    const all = messages(Buffer.concat([bytes, Buffer.from('\n\n')]));
    expect(all.slice(0, passed.length - 1)).toEqual(passed.slice(0, -1));
  },
);

describe('the end of a stream that broke off', () => {
  const takeRest = (text: string): string | undefined => {
    const splitter = new EventSplitter(1_000_000);
    splitter.push(Buffer.from(text), () => undefined);
    return splitter.takeRest()?.toString();
  };

  test.for(['', '\n', '\r', '\r\n', '\nid: 1', '\nevent: mess'])(
    'with whole data and then %j is an event that lacks its blank line, for any parser',
    (tail) => {
      const seen: string[] = [];
      createParser({ onEvent: ({ data }) => seen.push(data) }).feed(`${takeRest(`: hi\n\n${RESPONSE}${tail}`)}\n\n`);
      expect(seen).toEqual([RESPONSE.slice('data: '.length)]);
    },
  );

  test('is not, when the data is half, or when there is none', () => {
    for (const text of ['', 'data', 'data: ', 'id: 1\n', RESPONSE.slice(0, -1), `data: {"a":"}`, `${RESPONSE}\n\n`]) {
      expect(takeRest(text)).toBeUndefined();
    }
  });
});

test('a line that comes byte by byte costs no more than its bytes', () => {
  const scan = new MessageScan();
  const reader = new EventReader(scan);
  const before = process.cpuUsage();
  reader.next(Buffer.from('data: {"x":"'), 0);
  const piece = Buffer.from('x');
  for (let count = 0; count < 300_000; count++) reader.next(piece, 0);
  expect(reader.next(Buffer.from('","id":1,"result":1}\n\n'), 0)).toBeGreaterThan(0);
  const { user, system } = process.cpuUsage(before);
  expect(scan.responses).toHaveLength(1);
  expect((user + system) / 1_000).toBeLessThan(2_000);
});

test('many short lines without a text’s end cost no more than their bytes', () => {
  const scan = new MessageScan();
  const reader = new EventReader(scan);
  const chunk = Buffer.from('data: "a\r'.repeat(100_000));
  const before = process.cpuUsage();
  reader.next(chunk, 0);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(2_000);
});
