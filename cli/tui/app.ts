import { Box, Text, useApp, useInput, usePaste, useWindowSize } from 'ink';
import { createElement as h, useEffect, useSyncExternalStore, type ReactElement } from 'react';
import { screenLines, spokenTabs } from './frame/frameLines.ts';
import { keystrokesOf } from './frame/keystrokes.ts';
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
  const tabs = { 'aria-label': spokenTabs(state) };
  // Each is escaped, painted and cut before.
  const lines = screenLines(state, paint).map((text, at) =>
    h(Text, { key: at, wrap: 'truncate', ...(at === 0 ? tabs : {}) }, text === '' ? ' ' : text),
  );
  return h(Box, { flexDirection: 'column', height: state.size.rows, width: state.size.columns }, lines);
}
