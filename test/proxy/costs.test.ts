import { describe, expect, test } from 'vitest';
import { ask, call, errorOf, messagesOf, open, until } from './client.ts';
import { fixture, LIST, type Setup } from './fixture.ts';
import { echoJson, type Answer } from './upstream.ts';

// What a message costs, beyond its bytes.

const { gatewayTo } = fixture();
const NARROW = { authorization: 'Bearer narrow' };
const many = (count: number, item: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => item(at)).join(',');
const withMeta = (meta: string): string =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","_meta":${meta}}}`;

async function narrow(answer: Answer = echoJson, maxRoomBytesPerKey?: number): Promise<Setup> {
  const setup = await gatewayTo(answer, maxRoomBytesPerKey === undefined ? {} : { limits: { maxRoomBytesPerKey } });
  setup.gateway.keys.add('narrow', { grants: ['files:read*'] });
  return setup;
}

describe('a body', () => {
  test.for([
    ['with very many members', withMeta(`{${many(300_000, (at) => `"k${at}":1`)}}`), 413, 'json-too-costly'],
    ['with very many values', withMeta(`[${many(600_000, () => '1')}]`), 413, 'json-too-costly'],
    ['that nests very deep', withMeta('['.repeat(1_500) + ']'.repeat(1_500)), 400, 'json-too-deep'],
    ['that nests without an end', '['.repeat(1_000_000), 400, 'json-too-deep'],
    ['that is a batch of a million', `[${many(1_000_000, () => '1')}]`, 413, 'json-too-costly'],
    ['that is a batch of 1,001', JSON.stringify(Array.from({ length: 1_001 }, () => LIST)), 413, 'batch-too-large'],
    ['whose id is very long', JSON.stringify({ ...LIST, id: 'x'.repeat(1_025) }), 400, 'invalid-request'],
    ['whose method is very long', JSON.stringify({ ...LIST, method: 'x'.repeat(1_025) }), 400, 'invalid-request'],
    [
      'whose tool has a very long name',
      JSON.stringify([{ ...LIST, method: 'tools/call', params: { name: `read${'x'.repeat(1_025)}` } }]),
      400,
      'invalid-request',
    ],
  ] as const)('%s is refused, for every key, with a short answer', async ([, body, status, code]) => {
    const { gateway, upstream } = await narrow();
    for (const headers of [{}, NARROW]) {
      const answered = await ask(gateway, '/mcp/files', { body, headers });
      expect(answered.status).toBe(status);
      expect(errorOf(answered)).toMatchObject({ id: null, data: { code } });
      expect(answered.body.length).toBeLessThan(1_000);
    }
    expect(upstream.received).toHaveLength(0);
  });

  test.for([
    ['a file in one text', withMeta(`{"file":"${'QUJD'.repeat(4_000_000)}"}`)],
    ['100,000 numbers', withMeta(`[${many(100_000, String)}]`)],
    ['10,000 rows', withMeta(`[${many(10_000, (at) => `{"id":${at},"name":"n${at}","kind":"row"}`)}]`)],
  ] as const)('with %s passes, byte for byte, for every key', async ([, body]) => {
    const { gateway, upstream } = await narrow();
    for (const headers of [{}, NARROW]) {
      expect((await ask(gateway, '/mcp/files', { body, headers })).status).toBe(200);
      expect(upstream.received.at(-1)?.body.equals(Buffer.from(body))).toBe(true);
    }
  });

  test.for([
    ['tools/call', { name: 'x'.repeat(1_000) }],
    ['prompts/get', { name: 'x'.repeat(1_000_000) }],
    ['resources/read', { uri: 'x'.repeat(1_000_000) }],
    ['resources/read', { uri: { deep: 'x'.repeat(1_000_000) } }],
    ['prompts/get', { name: [['x'.repeat(1_000_000)]] }],
    ['x'.repeat(1_000), {}],
  ] as const)('is quoted in a refusal only as far as it is of use: %s', async ([method, params]) => {
    const { gateway } = await narrow();
    const answered = await call(gateway, 'files', { ...LIST, method, params }, NARROW);
    expect(answered.body.length).toBeLessThan(1_000);
    const version = 'x'.repeat(1_000_000);
    const modern = { ...LIST, params: { _meta: { 'io.modelcontextprotocol/protocolVersion': version } } };
    expect((await call(gateway, 'files', modern, NARROW)).body.length).toBeLessThan(1_000);
  });
});

describe('an answer that is read whole', () => {
  const TYPES = [
    ['JSON', 'application/json', (text: string) => text],
    ['an event', 'text/event-stream', (text: string) => `data: ${text}\n\n`],
    ['an event of several lines', 'text/event-stream', (text: string) => `data: ${text.replace(',', '\ndata: ,')}\n\n`],
  ] as const;

  test.for(
    TYPES.flatMap(([as, type, frame]) =>
      [
        ['very many members', `{${many(300_000, (at) => `"k${at}":1`)}}`],
        ['very many values', `[${many(600_000, () => '{}')}]`],
        ['very deep nesting', `[1,${'['.repeat(2_000)}${']'.repeat(2_000)}]`],
      ].map(([what = '', value = '']) => ({
        as,
        what,
        type,
        text: frame(`{"jsonrpc":"2.0","id":1,"result":${value}}`),
      })),
    ),
  )('with $what is refused: $as', async ({ type, text }) => {
    const { gateway } = await narrow((res) => res.writeHead(200, { 'Content-Type': type }).end(text));
    const answered = await call(gateway, 'files', LIST, NARROW);
    expect(answered.text).toContain('"code":"upstream-too-large"');
    expect(answered.body.length).toBeLessThan(1_000);
    // Another key's is passed on as bytes, which costs nothing.
    expect((await call(gateway, 'files', LIST)).text).toBe(text);
    await expect.poll(() => gateway.register.bodyBytes).toBe(0);
  });

  test('as an event of very many lines is refused, without an end too', async () => {
    const { gateway, upstream } = await narrow((res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const more = (): void => {
        while (!res.destroyed && res.write('data: a\n'.repeat(8_192)));
      };
      res.on('drain', more);
      more();
    });
    const answered = await call(gateway, 'files', LIST, NARROW);
    expect(messagesOf(answered.text)).toMatchObject([{ id: 1, error: { data: { code: 'upstream-too-large' } } }]);
    await until(() => upstream.received[0]?.aborted === true, 'the server was let go');
    await expect.poll(() => gateway.register.bodyBytes).toBe(0);
  });

  test.for(TYPES.slice(0, 2))('counts against its key while it is under way: %s', async ([, type, frame]) => {
    const half = frame(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { pad: 'x'.repeat(100_000) } })).slice(
      0,
      100_000,
    );
    let isWhole = false;
    const { gateway } = await narrow((res) => {
      res.writeHead(200, { 'Content-Type': type });
      if (isWhole) res.end(frame('{"jsonrpc":"2.0","id":1,"result":{}}'));
      else res.write(half);
    }, 250_000);
    const body = JSON.stringify(LIST);
    const kept = [];
    for (const expected of [100_000, 200_000]) {
      kept.push(open(gateway, '/mcp/files', { body, headers: NARROW }));
      await expect.poll(() => gateway.register.bodyBytes).toBe(expected);
    }
    const refused = await call(gateway, 'files', LIST, NARROW);
    expect(refused.text).toContain('"code":"too-many-bodies"');
    gateway.keys.add('other', { grants: ['files:read*'] });
    isWhole = true;
    expect((await call(gateway, 'files', LIST, { authorization: 'Bearer other' })).text).toContain('"result"');
    gateway.servers.remove('files');
    await Promise.allSettled(kept);
    await expect.poll(() => gateway.register.bodyBytes).toBe(0);
  });
});
