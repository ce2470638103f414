import { expect, test } from 'vitest';
import { call, errorOf, until } from './client.ts';
import { fixture, LIST } from './fixture.ts';

const { gatewayTo } = fixture();

test.for([
  [429, 429, 'upstream-error', 'x'.repeat(65_536)],
  [503, 502, 'upstream-error', ' '.repeat(65_536)],
  [404, 404, 'upstream-not-mcp', '['.repeat(65_536)],
] as const)('an HTTP %i with a body without end is what its status says, and the server is let go', async (row) => {
  const [status, expected, code, piece] = row;
  const { gateway, upstream } = await gatewayTo((res) => {
    res.writeHead(status, { 'Content-Type': 'application/json' });
    const more = (): void => {
      while (!res.destroyed && res.write(piece));
    };
    res.on('drain', more);
    more();
  });
  const answered = await call(gateway, 'files', LIST);
  expect([answered.status, errorOf(answered)]).toMatchObject([expected, { id: 1, data: { code, status } }]);
  await until(() => upstream.received[0]?.aborted === true, 'the server was let go');
  await until(() => gateway.register.size + gateway.register.bodyBytes === 0, 'the exchange ends');
});
