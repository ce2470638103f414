import { describe, expect, test } from 'vitest';
import { call, errorOf } from './client.ts';
import { BATCH, LARGE, result } from './eventStreams.ts';
import { fixture, LIST } from './fixture.ts';

const { gatewayTo } = fixture();

describe('a JSON answer', () => {
  const answered = async (body: unknown, asked: unknown = LIST, grants = ['*']) => {
    const { gateway } = await gatewayTo((res) =>
      res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body)),
    );
    gateway.keys.add('mine', { grants });
    return call(gateway, 'files', asked, { authorization: 'Bearer mine' });
  };

  for (const grants of [['*'], ['files:a']]) {
    test.for([
      ['to one id twice', [result(1), result(1, { second: true })], [result(1)]],
      ['to one id twice, the second as a text', [result(1), result('1')], [result(1)]],
      [
        'that is an error and a result',
        [{ jsonrpc: '2.0', id: 1, error: { code: 1, message: '' } }, result(1)],
        undefined,
      ],
      ['that is a replay, too', [result(9), result(1)], [result(9), result(1)]],
      ['whose id is a text where it was a number', result('1'), result('1')],
    ] as const)(
      `%s is one answer, for a key of ${String(grants)} [proxy-one-id-one-answer]`,
      async ([, body, expected]) => {
        const { status, text } = await answered(body, LIST, grants);
        expect(status).toBe(200);
        expect(JSON.parse(text)).toEqual(expected ?? [body[0 as never]]);
      },
    );

    test.for([
      ['another id', result(2)],
      ['other ids', [result(2), result(3)]],
      ['no message', { ok: true }],
      ['nothing', []],
      ['a request', { jsonrpc: '2.0', id: 1, method: 'ping' }],
      ['a result without an id', { jsonrpc: '2.0', result: {} }],
    ] as const)(
      `with %s is an error for the request, for a key of ${String(grants)} [proxy-one-id-one-answer]`,
      async ([, body]) => {
        const other = await answered(body, LIST, grants);
        expect(other.status).toBe(502);
        expect(errorOf(other)).toMatchObject({ id: 1, data: { code: 'upstream-not-mcp' } });
      },
    );
  }

  test('that flows and answers twice ends broken, so that nothing of it counts [proxy-one-id-one-answer]', async () => {
    const twice = await answered([result(1, { LARGE }), result(1)]);
    expect(twice.complete).toBe(false);
    expect((await answered([result(1, { LARGE }), result(2)])).complete).toBe(true);
  });

  test('to a batch answers each request once', async () => {
    const { text } = await answered([result('b'), result(1), result('b', { second: true })], BATCH);
    expect(JSON.parse(text)).toEqual([result('b'), result(1)]);
  });
});
