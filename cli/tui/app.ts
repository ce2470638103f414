import { Box, Text, useApp, useInput, useIsScreenReaderEnabled, usePaste, useWindowSize } from 'ink';
import { createElement as h, useEffect, useSyncExternalStore, type ReactElement } from 'react';
import { screenLines, spokenTabs } from './frame/frameLines.ts';
import { keystrokesOf } from './frame/keystrokes.ts';
import { plain } from './frame/text/style.ts';
import type { Suspend } from './loop/editText.ts';
import type { Loop } from './loop/loop.ts';

export interface AppProps {
  readonly loop: Loop;
  /** Gets what gives the terminal away. (Default: nobody wants it) */
  readonly onSuspend?: (suspend: Suspend) => void;
}

/**
 * What Ink does for the TUI: it reads keystrokes and pastes, follows the size of the terminal, gives it away, and leaves it as it was.
 * What one sees is drawn by `drawing/picture.ts`; only what a screen reader says is Ink's.
 */
export function App({ loop, onSuspend }: AppProps): ReactElement | undefined {
  const { suspendTerminal } = useApp();
  useEffect(() => onSuspend?.((whileAway) => suspendTerminal(whileAway)), [onSuspend, suspendTerminal]);
  const { columns, rows } = useWindowSize();
  useEffect(() => loop.dispatch({ type: 'resized', columns, rows }), [loop, columns, rows]);
  useInput((input, key) => {
    for (const keystroke of keystrokesOf(input, key)) loop.dispatch({ type: 'keystroke', keystroke });
  });
  usePaste((text) => loop.dispatch({ type: 'pasted', text }));
  return useIsScreenReaderEnabled() ? h(Spoken, { loop }) : undefined;
}

/** The screen, as a screen reader says it. */
function Spoken({ loop }: Pick<AppProps, 'loop'>): ReactElement {
  const state = useSyncExternalStore(loop.subscribe, () => loop.state);
  const lines = screenLines(state, plain).map((text, at) =>
    h(Text, { key: at, wrap: 'truncate', ...(at === 0 && { 'aria-label': spokenTabs(state) }) }, text || ' '),
  );
  return h(Box, { flexDirection: 'column', height: state.size.rows, width: state.size.columns }, lines);
}
