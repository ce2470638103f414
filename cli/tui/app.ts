import { Box, Text, useApp, useInput, usePaste, useWindowSize } from 'ink';
import { createElement as h, useEffect, useSyncExternalStore, type ReactElement } from 'react';
import { bodyLines, hintLine, noticeLine, spokenTabs, statusLine, tabLine } from './frame/frameLines.ts';
import { keystrokesOf } from './frame/keystrokes.ts';
import { bodyHeight } from './frame/state.ts';
import type { TuiPaint } from './frame/text/style.ts';
import type { Suspend } from './loop/editText.ts';
import type { Loop } from './loop/loop.ts';

export interface AppProps {
  readonly loop: Loop;
  readonly paint: TuiPaint;
  /** Gets what gives the terminal away. (Default: nobody wants it) */
  readonly onSuspend?: (suspend: Suspend) => void;
}

/** The whole screen: tabs, body, a notice, the shortcuts that hold, the state of things. */
export function App({ loop, paint, onSuspend }: AppProps): ReactElement {
  const state = useSyncExternalStore(loop.subscribe, () => loop.state);
  const { suspendTerminal } = useApp();
  useEffect(() => onSuspend?.((whileAway) => suspendTerminal(whileAway)), [onSuspend, suspendTerminal]);
  const { columns, rows } = useWindowSize();
  useEffect(() => loop.dispatch({ type: 'resized', columns, rows }), [loop, columns, rows]);
  useInput((input, key) => {
    for (const keystroke of keystrokesOf(input, key)) loop.dispatch({ type: 'keystroke', keystroke });
  });
  usePaste((text) => loop.dispatch({ type: 'pasted', text }));
  return h(
    Box,
    { flexDirection: 'column', height: state.size.rows, width: state.size.columns },
    line(tabLine(state, paint), 'tabs', spokenTabs(state)),
    block(bodyLines(state, paint), bodyHeight(state), 'body'),
    line(noticeLine(state, paint), 'notice'),
    line(hintLine(state, paint), 'hints'),
    line(statusLine(state, paint), 'status'),
  );
}

/** One line of the screen: escaped, painted and cut before. @param spoken replaces it for a screen reader */
function line(text: string, key: string | number, spoken?: string): ReactElement {
  const label = spoken === undefined ? {} : { 'aria-label': spoken };
  return h(Text, { key, wrap: 'truncate', ...label }, text === '' ? ' ' : text);
}

/** Lines one below the other, in exactly `height` lines. */
function block(lines: readonly string[], height: number, label: string): ReactElement {
  return h(
    Box,
    { key: label, flexDirection: 'column', height },
    lines.slice(0, height).map((text, at) => line(text, at)),
  );
}
