import { expect, test } from 'vitest';
import { call } from './client.ts';
import { fixture, LIST } from './fixture.ts';

const { gatewayTo } = fixture();

test.for<[what: string, header: Record<string, string | string[]>, status: number]>([
  ['the host of a redirect', { Location: `http://${'h'.repeat(900)}.example/` }, 307],
  ['the path of a redirect', { Location: `/${'p'.repeat(9_000)}/ours-secret-value?token=theirs-1234` }, 302],
  ['a redirect with a password', { Location: 'http://user:theirs-1234@h.example/?token=theirs-1234' }, 307],
  ['a content type', { 'Content-Type': `text/ours-secret-value ${'x'.repeat(9_000)}` }, 200],
  ['a content type with a URL', { 'Content-Type': 'http://user:theirs-1234@h.example/?token=theirs-1234' }, 200],
  ['an encoding', { 'Content-Encoding': `ours-secret-value\u0085${'x'.repeat(9_000)}` }, 200],
  ['a challenge', { 'WWW-Authenticate': `Bearer realm="ours-secret-value theirs-1234"` }, 401],
  ['a status without a meaning', { 'Content-Type': 'text/ours-secret-value theirs=1' }, 418],
])('an error quotes %s cut, visible, and without secrets [proxy-quotes-redacted]', async ([, header, status]) => {
  const { gateway, upstream } = await gatewayTo((res) => res.writeHead(status, header).end('x'));
  gateway.servers.set('files', upstream.url, { headers: { authorization: 'Bearer ours-secret-value' } });
  const answered = await call(gateway, 'files', LIST);
  expect(answered.text.length).toBeLessThan(600);
  for (const secret of ['ours-secret', 'theirs-1234']) expect(answered.text).not.toContain(secret);
  expect(answered.text).not.toMatch(/[^ -~…’]/);
});
