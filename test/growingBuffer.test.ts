import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { GrowingBuffer } from '../src/growingBuffer.ts';

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
