import { expect, it } from 'vitest';
import { readLimit } from '../../src/events/readLimit.ts';
import { rateLimited, tooManyAtOnce } from '../../src/limits/limited.ts';

const key = { key: true } as const;

it.each([
  ['requests=1/h', 'The limit of 1 request per hour of this key is reached: try again in 2s.'],
  ['requests=2/h', 'The limit of 2 requests per hour of this key is reached: try again in 2s.'],
  ['tool:github=1/1m', 'The limit of 1 call of these tools per minute of this key is reached: try again in 2s.'],
  ['calls=1', 'This key has 1 call under way, as many as its limit allows: wait until one has ended.'],
  ['streams=1', 'This key has 1 stream open, as many as its limit allows: wait until one has ended.'],
  ['streams=5', 'This key has 5 streams open, as many as its limit allows: wait until one has ended.'],
])('the refusal by %s is a sentence [limits-answer]', (text, sentence) => {
  const limit = readLimit(text)!;
  const { windowMs } = limit;
  const refusal = windowMs === undefined ? tooManyAtOnce(limit, key) : rateLimited({ ...limit, windowMs }, key, 1_500);
  expect(refusal.message).toBe(sentence);
});
