/** Gives numbers and ids that a server makes up the names of their order, so that two servers' answers can be compared. */
export function comparable(value: unknown, ids: readonly string[]): unknown {
  const positions = new Map<string, number>();

  /** Positions keep their order, which is what matters of them. */
  function collectPositions(part: unknown, key = ''): void {
    if (isPosition(key, part)) positions.set(part, 0);
    else if (typeof part === 'object' && part !== null) {
      for (const [name, member] of Object.entries(part)) collectPositions(member, name);
    }
  }

  function convert(part: unknown, key = ''): unknown {
    if (isPosition(key, part)) return `position ${positions.get(part)}`;
    if (typeof part === 'string') return /^[0-9a-f-]{36}$/.test(part) && !ids.includes(part) ? 'an id' : part;
    if (Array.isArray(part)) {
      return part[0] === 'created' && part.length === 2 ? 'created' : part.map((member) => convert(member));
    }
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(
      Object.entries(part).flatMap(([name, member]) => (member === undefined ? [] : [[name, convert(member, name)]])),
    );
  }

  collectPositions(value);
  const inOrder = [...positions.keys()].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  for (const [index, position] of inOrder.entries()) positions.set(position, index);
  return convert(value);
}

/** The largest is said where there is none. */
function isPosition(key: string, part: unknown): part is string {
  return /^(commit|prepare)Position$/.test(key) && typeof part === 'string' && part !== '0' && part.length < 19;
}
