import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { GrowingBuffer } from '../src/growingBuffer.ts';
import { freeMemory } from '../src/freedMemory.ts';

const pieces = fc.array(
  fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 4_000, maxLength: 9_000 })),
  { maxLength: 20 },
);

test.prop([pieces, pieces])('gives what was added, in order, and begins anew', (first, second) => {
  const buffer = new GrowingBuffer();
  for (const round of [first, second]) {
    for (const piece of round) buffer.add(piece);
    const whole = Buffer.concat(round);
    expect(buffer.length).toBe(whole.length);
    expect(buffer.take().equals(whole)).toBe(true);
    expect(buffer.length).toBe(0);
  }
});

test('what is joined in steps has nothing that was added meanwhile', () => {
  const buffer = new GrowingBuffer();
  const piece = Buffer.alloc(3_000_000, 'a');
  buffer.add(piece);
  const steps = buffer.takeSteps();
  buffer.add(Buffer.from('b'));
  let turns = 0;
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) turns += 1;
  expect(step.value.equals(piece)).toBe(true);
  expect(turns).toBeGreaterThan(2);
  expect(buffer.take().toString()).toBe('b');
});

test('memory is freed where nothing else is in it', () => {
  const [own, shared] = [Buffer.allocUnsafeSlow(10_000), Buffer.from('a text in a pool')];
  for (const bytes of [own, shared, own]) freeMemory(bytes);
  expect([own.length, own.buffer.byteLength, shared.toString()]).toEqual([0, 0, 'a text in a pool']);
});
