import { bodyLines, tabLine } from '../../cli/tui/frame/frameLines.ts';
import { plain } from '../../cli/tui/frame/text/style.ts';
import { createLoop } from '../../cli/tui/loop/loop.ts';
import { createPerform } from '../../cli/tui/loop/perform.ts';
import { watch } from '../../cli/tui/loop/watch.ts';
import { startState } from './stateWorld.ts';
import { ELSEWHERE, type TuiWorld } from './tuiWorld.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The TUI without a terminal, over real stores. @param editText what the editor makes of a text (Default: there is none) */
export function openOnStores(
  { stores, settings }: TuiWorld,
  size: Size = { columns: 120, rows: 40 },
  editText?: (text: string) => Promise<string>,
) {
  const tools = { stores, settings, commandContext: () => ({ ...ELSEWHERE, correlationId: crypto.randomUUID() }) };
  const perform = createPerform({
    ...tools,
    write: () => undefined,
    leave: () => undefined,
    editText,
  });
  const loop = createLoop(startState(size), perform);
  const press = (...keystrokes: readonly string[]) => {
    for (const keystroke of keystrokes) loop.dispatch({ type: 'keystroke', keystroke });
  };
  const tick = () => loop.dispatch({ type: 'ticked', nowMs: Date.now() });
  loop.dispatch({ type: 'started' });
  tick();
  return {
    get state() {
      return loop.state;
    },
    /** Follows what happens elsewhere, as in a terminal, until it is disposed of. */
    watch: () =>
      watch(
        tools,
        loop.state.panes.flatMap(({ feeds = [] }) => feeds),
        loop.dispatch,
      ),
    dispatch: loop.dispatch,
    press,
    tick,
    changed: () => loop.dispatch({ type: 'changed' }),
    type: (text: string) => press(...text),
    tabs: () => tabLine(loop.state, plain),
    body: () => bodyLines(loop.state, plain).join('\n'),
    notice: () => loop.state.notice?.text ?? '',
  };
}
