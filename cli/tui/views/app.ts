import { Box, useInput, usePaste, useWindowSize } from 'ink';
import { useEffect, useSyncExternalStore, type ReactElement } from 'react';
import { keyNames } from '../keyName.ts';
import type { Program } from '../program.ts';
import type { TuiPaint } from '../style.ts';
import { bodyHeight } from '../state/state.ts';
import { bodyLines } from './body.ts';
import { block, h, line } from './element.ts';
import { hintLine, noticeLine, spokenTabs, statusLine, tabLine } from './frame.ts';

export interface AppProps {
  readonly program: Program;
  readonly paint: TuiPaint;
}

/** The whole screen: tabs, body, a notice, the keys that hold, the state of things. */
export function App({ program, paint }: AppProps): ReactElement {
  const state = useSyncExternalStore(program.subscribe, () => program.state);
  const { columns, rows } = useWindowSize();
  useEffect(() => program.dispatch({ type: 'resized', columns, rows }), [program, columns, rows]);
  useInput((input, key) => {
    for (const name of keyNames(input, key)) program.dispatch({ type: 'key', key: name });
  });
  usePaste((text) => program.dispatch({ type: 'pasted', text }));
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
