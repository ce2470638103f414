/** Which rows of a list are on the screen. */
export interface Part {
  /** The first row shown. */
  readonly top: number;
  readonly total: number;
}

/**
 * Draws how far down a list one is: a character for each row shown, thick where the shown part lies.
 * @param height rows that are shown
 * @returns undefined when all rows are shown
 */
export function scrollBar({ top, total }: Part, height: number): readonly string[] | undefined {
  if (total <= height || height < 1) return undefined;
  const size = Math.max(1, Math.round((height * height) / total));
  const room = height - size;
  const last = total - height;
  // At an end only when the list is there.
  const rough = Math.round((top / last) * room);
  const start = top === 0 ? 0 : top >= last ? room : Math.min(Math.max(1, rough), Math.max(0, room - 1));
  return Array.from({ length: height }, (_, at) => (at >= start && at < start + size ? '┃' : '│'));
}
