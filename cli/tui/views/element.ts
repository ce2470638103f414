import { Box, Text } from 'ink';
import { createElement as h, type ReactElement } from 'react';

export { h };

/** One line of the screen: escaped, painted and cut before. @param spoken what a screen reader says instead */
export function line(text: string, key: string | number, spoken?: string): ReactElement {
  const label = spoken === undefined ? {} : { 'aria-label': spoken };
  return h(Text, { key, wrap: 'truncate', ...label }, text === '' ? ' ' : text);
}

/** Lines one below the other, in exactly `height` lines. */
export function block(lines: readonly string[], height: number, label: string): ReactElement {
  return h(
    Box,
    { key: label, flexDirection: 'column', height },
    lines.slice(0, height).map((text, at) => line(text, at)),
  );
}
