import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { invalidCredential } from '../../src/auth/invalidCredential.ts';
import { createSources } from '../../src/limits/sources.ts';

function from(remoteAddress: string): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress });
  return new IncomingMessage(socket);
}

it('a flood of addresses makes the limits forget the one that was seen first, and take no more memory [limits-addresses]', () => {
  const failures = { text: '3/h', count: 3, windowMs: 3_600_000 };
  const sources = createSources({ requests: undefined, failures, isRecognised: () => false, clock: () => 0 });
  const guesser = from('198.51.100.1');
  for (let n = 0; n < 3; n++) sources.noteRefused(guesser, invalidCredential());
  expect(sources.refusal(guesser)).toMatchObject({ code: 'rate-limited' });
  expect(sources.refusal(from('198.51.100.2'))).toBeUndefined();
  for (let n = 0; n < 20_000; n++) sources.noteRefused(from(`10.0.${n >> 8}.${n & 255}`), invalidCredential());
  expect(sources.refusal(guesser)).toBeUndefined();
});

it('all addresses of an IPv6 network of 64 bits are one [limits-addresses]', () => {
  const requests = { text: '2/s', count: 2, windowMs: 1_000 };
  let now = 0;
  const sources = createSources({ requests, failures: undefined, isRecognised: () => false, clock: () => now });
  const asks = () => [1, 2, 3].map((n) => sources.refusal(from(`2001:db8:0:1::${n}`))?.code);
  expect(asks()).toEqual([undefined, undefined, 'rate-limited']);
  expect(sources.refusal(from('2001:db8:0:2::1'))).toBeUndefined();
  now = 1_000;
  expect(asks()).toEqual([undefined, undefined, 'rate-limited']);
});
