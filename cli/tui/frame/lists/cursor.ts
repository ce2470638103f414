/** A place in a list that is in memory. */
export interface Cursor {
  readonly at: number;
  /** The first row shown. */
  readonly top: number;
}

export const START: Cursor = { at: 0, top: 0 };

/** Moves to a row of `count`, of which `height` are shown. */
export function moveCursor({ top }: Cursor, index: number, count: number, height: number): Cursor {
  const at = Math.min(Math.max(0, index), Math.max(0, count - 1));
  const least = Math.max(top, at - height + 1);
  return { at, top: Math.max(0, Math.min(least, at, Math.max(0, count - height))) };
}
