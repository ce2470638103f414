import { expect, test } from 'vitest';
import { IdleLife } from '../../src/upstream/http/idleLife.ts';

test('a server that was not seen to close is trusted', () => {
  expect(new IdleLife().usableMs(0)).toBe(Infinity);
});

test('a connection is used for half the time after which the server closes', () => {
  const life = new IdleLife();
  life.noteClosing(2_000, 100);
  expect(life.usableMs(100)).toBe(1_000);
  life.noteClosing(5_000, 200);
  expect(life.usableMs(200)).toBe(1_000);
});

test('a server that closes right after its answers gets a new connection for each request', () => {
  const life = new IdleLife();
  life.noteClosing(3, 100);
  expect(life.usableMs(100)).toBe(0);
});

test('after a minute without such a closing it is trusted again, and each closing begins that minute anew', () => {
  const life = new IdleLife();
  life.noteClosing(3, 0);
  life.noteClosing(900, 50_000);
  expect(life.usableMs(109_999)).toBe(0);
  expect(life.usableMs(110_000)).toBe(Infinity);
  life.noteClosing(4_000, 120_000);
  expect(life.usableMs(120_000)).toBe(2_000);
});
