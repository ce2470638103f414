/**
 * Names that mean something of their own to JavaScript’s objects. No setting is called so, and libraries drop them in
 * silence, so what has a member of such a name is refused by that name.
 */
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Tells whether a name can’t be a member’s. */
export function isReservedMember(name: string): boolean {
  return RESERVED.has(name);
}

/**
 * Finds a member of a reserved name, however deep; no depth exhausts the stack.
 * @param ignored a member of the outermost object into which nobody looks: it belongs to somebody else
 * @returns its path
 */
export function findReservedMember(value: unknown, ignored?: string): readonly string[] | undefined {
  const left: Place[] = [{ value, path: undefined }];
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    if (typeof place.value !== 'object' || place.value === null) continue;
    for (const [name, member] of Object.entries(place.value)) {
      const path = { name, within: place.path };
      if (!Array.isArray(place.value) && isReservedMember(name)) return written(path);
      if (place.path !== undefined || name !== ignored) left.push({ value: member, path });
    }
  }
  return undefined;
}

/** Shared between members, so that a deep value does not cost the square of its depth. */
interface Path {
  readonly name: string;
  readonly within: Path | undefined;
}

interface Place {
  readonly value: unknown;
  readonly path: Path | undefined;
}

function written(path: Path): string[] {
  const names: string[] = [];
  for (let at: Path | undefined = path; at !== undefined; at = at.within) names.unshift(at.name);
  return names;
}
