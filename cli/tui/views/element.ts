import { Box, Text } from 'ink';
import { createElement as h, type ReactElement } from 'react';

export { h };

/** One line of the screen: escaped, painted and cut before. */
export function line(text: string, key: string | number): ReactElement {
  return h(Text, { key, wrap: 'truncate' }, text === '' ? ' ' : text);
}

/** Lines one below the other, in exactly `height` lines. */
export function block(lines: readonly string[], height: number, label: string): ReactElement {
  return h(
    Box,
    { key: label, flexDirection: 'column', height },
    lines.slice(0, height).map((text, at) => line(text, at)),
  );
}
