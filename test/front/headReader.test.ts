import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { HeadReader } from '../../src/front/http1/headReader.ts';
import { Http1Request } from '../../src/front/http1/http1Request.ts';

const headOf = (...lines: readonly string[]): Buffer =>
  Buffer.from(['GET / HTTP/1.1', ...lines].map((line) => `${line}\r\n`).join('') + '\r\n');

it('the last head is remembered until it is forgotten, and only where it is small [front-http1]', () => {
  const reader = new HeadReader();
  const small = headOf('Accept: a');
  const first = reader.read(small, 0);
  expect(first).toMatchObject({ method: 'GET', target: '/', rawHeaders: ['Accept', 'a'], contentLength: 0 });
  expect(reader.read(small, 0)).toBe(first);
  reader.forget();
  expect(reader.read(small, 0)).not.toBe(first);
  const large = headOf(`Accept: ${'a'.repeat(4_000)}`);
  expect(reader.read(large, 0)).not.toBe(reader.read(large, 0));
});

it('requests with one remembered head share nothing that one of them could change [front-http1]', () => {
  const head = new HeadReader().read(headOf('Set-Cookie: a=1', 'Set-Cookie: b=2', 'Accept: a'), 0)!;
  const [, one, other] = [1, 2, 3].map(() => new Http1Request(new Socket(), head, Buffer.alloc(0)));
  one!.headers['set-cookie']!.push('c=3');
  one!.headers.accept = 'b';
  expect(other!.headers).toEqual({ 'set-cookie': ['a=1', 'b=2'], accept: 'a' });
  expect(() => one!.rawHeaders.push('x')).toThrow(TypeError);
});
