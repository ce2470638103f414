import { compileKeyLimits, type CompiledLimit } from './compiledLimits.ts';

/** What is left of a limit by time. */
export interface LimitLeft {
  readonly limit: string;
  readonly left: number;
}

/** Finds what is left of the limits of a key; undefined where it has none. */
export type LimitsLeft = (key: { readonly id: string; readonly limits: readonly string[] }) => LimitLeft[] | undefined;

/** @param rates of this process @param standardLimits of keys without limits of their own */
export function createLimitsLeft(
  rates: { left(limit: CompiledLimit): number | undefined },
  standardLimits: readonly string[],
): LimitsLeft {
  return ({ id, limits }) =>
    compileKeyLimits(id, limits, standardLimits)?.flatMap((limit) => {
      const left = rates.left(limit);
      return left === undefined ? [] : [{ limit: limit.text, left }];
    });
}
