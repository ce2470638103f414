/** A source of choices that gives the same ones for the same seed. */
export interface Random {
  /** A number from 0 up to, and without, `end`. */
  below(end: number): number;
  chance(probability: number): boolean;
  /** @throws RangeError when there is nothing to choose */
  pick<T>(values: readonly T[]): T;
  /** A source of its own for each name: what one does with it changes nothing for the others. */
  fork(name: string): Random;
}

/** Makes a source of choices: mulberry32, by Tommy Ettinger (public domain). */
export function randomOf(seed: number): Random {
  let state = seed | 0;
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  return {
    below: (end) => Math.floor(next() * end),
    chance: (probability) => next() < probability,
    pick(values) {
      if (values.length === 0) throw new RangeError('there is nothing to choose');
      return values[Math.floor(next() * values.length)]!;
    },
    fork: (name) => randomOf(hash(`${seed} ${name}`)),
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value;
}
