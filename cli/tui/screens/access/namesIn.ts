/** Splits what is written with commas or spaces between. */
export function namesIn(text = ''): string[] {
  return text
    .split(/[\s,]+/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
