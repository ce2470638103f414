import { createParser } from 'eventsource-parser';
import { fc, test as property } from '@fast-check/vitest';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect } from 'vitest';
import { Unavailable } from '../../src/errors/appError.ts';
import type { Call } from '../../src/proxy/call.ts';
import { SseAnswer } from '../../src/proxy/bytes/sseAnswer.ts';

type Id = string | number | null;
type End = 'ended by the server' | 'cut by the connection';

interface Outcome {
  /** The ids answered, as a client of the standard reads them, and as one that also takes what is left at the end. */
  readonly strict: readonly Id[];
  readonly lenient: readonly Id[];
  readonly messages: readonly string[];
  readonly looksBroken: boolean;
  readonly text: string;
}

const NOTIFY = '{"jsonrpc":"2.0","method":"notifications/x"}';

/** A connection whose other end is a list. */
class Wire extends Socket {
  readonly sent: Buffer[] = [];

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    this.sent.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    done();
  }

  override _writev(chunks: { chunk: Buffer | string; encoding: BufferEncoding }[], done: () => void): void {
    for (const { chunk, encoding } of chunks) this._write(chunk, encoding, () => undefined);
    done();
  }
}

/** Gives a stream in pieces to an answer on a real response, as the relay does. */
function answered(pieces: readonly Buffer[], end: End, ids: readonly (string | number)[]): Outcome {
  const wire = new Wire();
  const { sent } = wire;
  const res = new ServerResponse(new IncomingMessage(new Socket()));
  // The body alone is looked at: without a keep-alive it is not chunked.
  res.useChunkedEncodingByDefault = false;
  res.assignSocket(wire);
  const call = {
    server: { name: 'files' },
    httpMethod: 'POST',
    era: 'legacy',
    id: ids.length === 1 ? ids[0] : null,
    awaited: ids,
  } as unknown as Call;
  const answer = new SseAnswer(res, 200, ['Content-Type', 'text/event-stream'], call);
  let over = false;
  for (const piece of pieces) {
    over = answer.data(piece) === 'over';
    if (over) break;
  }
  if (!over) {
    const broken = new Unavailable('upstream-truncated', 'cut');
    const error = end === 'ended by the server' ? answer.end() : answer.finish() ? undefined : broken;
    if (error !== undefined) answer.fail(error);
  }
  const looksBroken = !res.writableEnded;
  const text = Buffer.concat(sent).toString().split('\r\n\r\n').slice(1).join('\r\n\r\n');
  const messages = read(text);
  // What an unfinished event holds reaches some clients when the stream ends, whichever way.
  return { strict: idsOf(messages), lenient: idsOf(read(`${text}\n\n`)), messages, looksBroken, text };
}

function read(text: string): string[] {
  const messages: string[] = [];
  const parser = createParser({
    onEvent: ({ event = 'message', data }) => {
      if (event === 'message' && data !== '') messages.push(data);
    },
  });
  parser.feed(text);
  return messages;
}

function idsOf(messages: readonly string[]): Id[] {
  return messages.flatMap((text) => {
    const parsed = JSON.parse(text) as { id: Id; result?: unknown; error?: unknown }[];
    return [parsed].flat().flatMap(({ id, result, error }) => ((result ?? error) === undefined ? [] : [id]));
  });
}

const response = (id: Id): string => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"text":"{\\"id\\":1}"}}`;
const failure = (id: Id | undefined): string =>
  `{"jsonrpc":"2.0",${id === undefined ? '' : `"id":${JSON.stringify(id)},`}"error":{"code":-1,"message":"m"}}`;
const event = (data: string, eol = '\n', fields: readonly string[] = []): string =>
  [...fields, ...data.split('\n').map((line) => `data: ${line}`), '', ''].join(eol);

const id = fc.constantFrom<Id>(1, 2, 'a', 9, null);
const data = fc.oneof(
  { weight: 3, arbitrary: id.map(response) },
  id.map(failure),
  fc.constant(failure(undefined)),
  fc.constant(NOTIFY),
  fc.constant('{"jsonrpc":"2.0","id":1,"method":"ping"}'),
  fc.array(id.map(response), { minLength: 1, maxLength: 4 }).map((batch) => `[${batch.join(',\n')}]`),
);
const part = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(data, fc.constantFrom('\n', '\r\n', '\r'), fc.constantFrom([], ['id: 5'], ['event: message'], ['id:']))
      .map((parts) => event(...parts)),
  },
  fc.constantFrom(
    ': ping\n',
    ': ping\n\n',
    'retry: 5\n\n',
    'id: 3\ndata:\n\n',
    '\n',
    'event: x\ndata: {"id":1,"result":{}}\n\n',
  ),
);
const ending = fc.tuple(data, fc.nat(), fc.constantFrom('\n', '\r')).map(([text, length, eol]) => {
  const whole = event(text, eol);
  return whole.slice(0, length % whole.length);
});
const stream = fc.tuple(fc.array(part, { maxLength: 5 }), ending).map((parts) => Buffer.from(parts.flat().join('')));
const asked = fc.constantFrom([1], ['a'], [1, 2], [2, 'a', 1]);
const end = fc.constantFrom<End>('ended by the server', 'cut by the connection');

property.prop([stream, end, asked], { numRuns: 150 })(
  'each id gets one answer, as any client reads it, wherever the stream is cut into pieces [proxy-one-id-one-answer]',
  (bytes, how, ids) => {
    const whole = answered([bytes], how, ids);
    for (const seen of [whole.strict, whole.lenient]) {
      for (const one of ids) {
        const count = seen.filter((other) => other === one).length;
        expect(count).toBeLessThanOrEqual(1);
        const mayResume = /(^|[\r\n])id: ?\d/.test(bytes.toString());
        if (!mayResume) expect(count).toBe(1);
      }
    }
    expect(whole.lenient).toEqual(whole.strict);
    for (let at = 0; at <= bytes.length; at++) {
      const cut = answered([bytes.subarray(0, at), bytes.subarray(at)], how, ids);
      expect({ ...cut, text: '' }).toEqual({ ...whole, text: '' });
    }
    const single = answered(
      Array.from(bytes, (byte) => Buffer.of(byte)),
      how,
      ids,
    );
    expect({ ...single, text: '' }).toEqual({ ...whole, text: '' });
    // Some clients wait for the LF after a CR, even at the end.
    if (!single.looksBroken) expect(single.text).not.toMatch(/\r$/);
  },
);

const pad = `"${'x'.repeat(70_000)}"`;
const large = fc.oneof(
  fc.constantFrom(
    `{"jsonrpc":"2.0","id":1,"result":${pad}}`,
    `{"jsonrpc":"2.0",\n"id":1,"result":${pad}\n}`,
    `{"jsonrpc":"2.0","method":"x","params":[${pad}]}`,
    `[{"jsonrpc":"2.0","id":1,"result":${pad}},{"jsonrpc":"2.0","id":1,"result":1}]`,
    `{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":${pad}}}`,
  ),
);

property.prop(
  [
    fc.array(large, { minLength: 1, maxLength: 3 }),
    fc.nat(),
    fc.constantFrom('\n', '\r\n', '\r'),
    end,
    fc.constantFrom([1], [1, 2]),
    fc.array(fc.nat(), { maxLength: 6 }),
  ],
  { numRuns: 300 },
)(
  'the same holds for events that are larger than what is held [proxy-one-id-one-answer]',
  (texts, less, eol, how, ids, cuts) => {
    const whole = texts.map((text) => event(text, eol)).join('');
    const bytes = Buffer.from(whole.slice(0, whole.length - (less % 40)));
    const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
    const pieces = [...places, bytes.length].map((to, index) => bytes.subarray(places[index - 1] ?? 0, to));
    const { strict, lenient, looksBroken } = answered(pieces, how, ids);
    expect(lenient).toEqual(strict);
    expect(looksBroken).toBe(false);
    for (const one of ids) expect(strict.filter((other) => other === one)).toHaveLength(1);
  },
);
