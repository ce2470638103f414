import { inspect, isDeepStrictEqual } from 'node:util';

/**
 * Compares an answer with what it must be.
 * @throws Error that shows both
 */
export function check(what: string, actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return;
  const show = (value: unknown) => inspect(value, { breakLength: Infinity, depth: 6 });
  throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}
