import { describe, expect, it } from 'vitest';
import { bodyLines, hintLine, spokenTabs, tabLine } from '../../../cli/tui/frame/frameLines.ts';
import type { Tools } from '../../../cli/tui/frame/model.ts';
import { plain } from '../../../cli/tui/frame/text/style.ts';
import { createLoop } from '../../../cli/tui/loop/loop.ts';
import { createPerform } from '../../../cli/tui/loop/perform.ts';
import { PANES } from '../../../cli/tui/panes/panes.ts';
import { startState } from '../stateWorld.ts';
import { NOTES_PANE } from './notes/pane.ts';

/** Its place in the tabs, and its shortcut. */
const PLACE = String(PANES.length + 1);

/** The TUI with one pane more, registered in the array; it needs no stores, for nobody reads from the other panes. */
function openTui() {
  const tools = {} as Tools;
  const start = startState({ columns: 120, rows: 40 }, [...PANES, NOTES_PANE]);
  const loop = createLoop(start, createPerform({ ...tools, write: () => undefined, leave: () => undefined }));
  return {
    loop,
    press: (...keystrokes: string[]) => {
      for (const keystroke of keystrokes) loop.dispatch({ type: 'keystroke', keystroke });
    },
    body: () => bodyLines(loop.state, plain).join('\n'),
  };
}

describe('a new pane needs nothing but its folder and the array', () => {
  it('stands in the tabs, opens by its number, and reads what it shows [tui-new-pane]', async () => {
    const { loop, press, body } = openTui();
    expect(tabLine(loop.state, plain)).toContain(` ${PLACE} Notes `);
    expect(spokenTabs(loop.state)).toContain(`${PLACE} notes`);
    press(PLACE);
    expect(tabLine(loop.state, plain)).toContain(`[${PLACE} Notes]`);
    expect(body()).toBe('Reading the notes …');
    await expect.poll(body).toBe('water the plants');
  });

  it('is gone round to, and its shortcut works, in the hints, the help and the palette, too [tui-new-pane]', async () => {
    const { loop, press, body } = openTui();
    press('shift-tab');
    await expect.poll(body).toBe('water the plants');
    expect(hintLine(loop.state, plain)).toContain('z forget');
    press('z');
    expect(body()).toBe('');
    press('?');
    expect(body()).toMatch(/^Notes\n {2}z +forget all notes/);
    expect(body()).toMatch(new RegExp(`${PLACE} +go to Notes`));
    press('esc', '1', ':', ...'forget all');
    expect(body()).toContain('notes: forget all notes  (z)');
    press('enter');
    expect(tabLine(loop.state, plain)).toContain(`[${PLACE} Notes]`);
  });

  it('follows its feed, and is read again when something has changed [tui-new-pane]', async () => {
    const { loop, press, body } = openTui();
    press(PLACE);
    await expect.poll(body).toBe('water the plants');
    for (const feed of NOTES_PANE.feeds ?? []) {
      feed.open({} as Tools).subscribe((news) => loop.dispatch({ type: 'news', feed, news }));
    }
    expect(body()).toBe('water the plants\nfeed the cat');
    loop.dispatch({ type: 'changed' });
    await expect.poll(body).toBe('water the plants');
  });
});
