import { fc, test as property } from '@fast-check/vitest';
import { createParser } from 'eventsource-parser';
import { expect, test } from 'vitest';
import { divideEvent, EventSplitter, MAX_EVENT_LINES, pushData } from '../../src/mcp/eventSplitter.ts';

const line = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('', 'data: {"a":1}', 'data:', 'data', 'id: 7', 'event: x', ': ping', 'retry: 5', 'ü'),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }).filter((text) => !/[\r\n]/.test(text)) },
);
const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const stream = fc
  .array(
    fc.tuple(line, lineEnd).map((parts) => parts.join('')),
    { maxLength: 30 },
  )
  .map((lines) => Buffer.from(lines.join('')));

/** The events of a text, by the parser that the product uses too, fed as told. */
function parsed(feed: (take: (text: string) => void) => void): unknown[] {
  const events: unknown[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => events.push({ event, data }),
    onId: (id) => events.push({ id }),
  });
  feed((text) => parser.feed(text));
  return events;
}

property.prop([stream, fc.array(fc.nat({ max: 200 }), { maxLength: 30 })], {
  numRuns: 1_000,
  // Found: a CR and its LF in two pieces, and then the LF of an empty line.
  examples: [[Buffer.from('data: 1\r\n\n'), [8]]],
})('the pieces of a stream, cut anywhere, make the same events', (bytes, cuts) => {
  const splitter = new EventSplitter(1_000_000);
  const ends = [...new Set(cuts)].filter((cut) => cut < bytes.length).sort((a, b) => a - b);
  const inEvents = parsed((take) => {
    let from = 0;
    for (const end of [...ends, bytes.length]) {
      expect(splitter.push(bytes.subarray(from, end), (event) => take(event.toString('utf8')))).toBeUndefined();
      from = end;
    }
  });
  expect(inEvents).toEqual(parsed((take) => take(bytes.toString('utf8'))));
});

function push(splitter: EventSplitter, text: string): { excess: string | undefined; events: string[] } {
  const events: string[] = [];
  const excess = splitter.push(Buffer.from(text), (event) => events.push(event.toString('utf8')));
  return { excess, events };
}

test('an event of too many lines is refused, however short they are, and whatever ends them', () => {
  for (const text of ['data: a\n', 'data:\n', ':\n', 'a\r', 'data\r\n', 'id:1\n']) {
    expect(push(new EventSplitter(16_000_000), text.repeat(MAX_EVENT_LINES)).excess).toBeUndefined();
    expect(push(new EventSplitter(16_000_000), text.repeat(MAX_EVENT_LINES + 1)).excess).toBe('lines');
  }
});

test('an event of too many bytes is refused, in one line or several, at once or in pieces', () => {
  expect(push(new EventSplitter(100), `data: ${'x'.repeat(92)}\n\n`).events).toHaveLength(1);
  expect(push(new EventSplitter(100), `data: ${'x'.repeat(93)}\n\n`).excess).toBe('bytes');
  expect(push(new EventSplitter(100), `data: ${'x'.repeat(93)}\n`).excess).toBeUndefined();
  expect(push(new EventSplitter(100), 'data: x\n'.repeat(13)).excess).toBe('bytes');
  const splitter = new EventSplitter(100);
  for (let at = 0; at < 100; at++) expect(push(splitter, 'x').excess).toBeUndefined();
  expect(push(splitter, 'x').excess).toBe('bytes');
});

test('the bounds are those of one event: a stream may go on for ever', () => {
  const splitter = new EventSplitter(100);
  for (let at = 0; at < 1_000; at++)
    expect(push(splitter, 'data: a\n\n\n: ping\n\n')).toMatchObject({ excess: undefined });
  expect(splitter.pendingBytes).toBe(0);
});

test('the data of an event is found on all its lines, and nowhere else', () => {
  const data = (event: string): string => {
    let text = '';
    pushData(Buffer.from(event), { push: (chunk) => (text += chunk.toString()) });
    return text;
  };
  expect(data('event: [\rdata:[1,\r\nid: [\ndata: 2]\n: [\n\n')).toBe('[1, 2]');
  expect(data('\uFEFFdata:[\n\n')).toBe('[');
  expect(data('data\n\n')).toBe('');
});

property.prop([
  fc.array(
    fc.tuple(
      line.filter((text) => !['', 'data'].includes(text)),
      lineEnd,
    ),
    { minLength: 1 },
  ),
])('an event that is divided has the data that a parser finds, and the same id and type', (lines) => {
  const event = Buffer.from(`${lines.map((parts) => parts.join('')).join('')}\n\n`);
  const { data, others } = divideEvent(event);
  const whole = parsed((take) => take(event.toString()));
  const divided = parsed((take) => take(`${others}${data.length === 0 ? '' : 'data: some\n'}\n`));
  const withData = divided.map((one) =>
    typeof one === 'object' && one !== null && 'data' in one ? { ...one, data: data.toString() } : one,
  );
  expect(withData.filter(isFull)).toEqual(whole.filter(isFull));
});

/** An event without data is none that anybody reads. */
function isFull(one: unknown): boolean {
  return typeof one === 'object' && one !== null && !('data' in one && one.data === '');
}
