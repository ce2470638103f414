import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { bodyLines } from '../../cli/tui/frame/frameLines.ts';
import { keystrokesOf } from '../../cli/tui/frame/keystrokes.ts';
import { PAGE, rowAtCursor } from '../../cli/tui/frame/lists/window.ts';
import { groupsOn, shortcutOf } from '../../cli/tui/frame/shortcuts.ts';
import { slotOf, topScreen } from '../../cli/tui/frame/state.ts';
import { plain } from '../../cli/tui/frame/text/style.ts';
import { KEY_PAGE } from '../../cli/tui/panes/keys/read.ts';
import { KEYS } from '../../cli/tui/panes/keys/state.ts';
import { PANES } from '../../cli/tui/panes/panes.ts';
import { CHANGE } from '../../cli/tui/screens/change/runChange.ts';
import { helpLines } from '../../cli/tui/screens/help/helpScreen.ts';
import { secretScreen } from '../../cli/tui/screens/secret/secretScreen.ts';
import { inputIn, inputsIn, keyRow, NOW, TuiByHand } from './stateWorld.ts';

const many = (count: number) => Array.from({ length: count }, (_, at) => keyRow(at));
const NO_FLAGS = {} as Parameters<typeof keystrokesOf>[1];
const listOf = (tui: TuiByHand) => slotOf(tui.state, KEYS).list;

describe('a list of 10,000 keys', () => {
  it('reads only the pages that are shown, and keeps few of them [tui-windowed]', () => {
    const tui = new TuiByHand(many(10_000));
    const pagesRead = () =>
      tui.effects.filter((effect) => effect.effect === 'read' && effect.source === KEY_PAGE).length;
    expect(pagesRead()).toBe(1);
    tui.press('G');
    expect(rowAtCursor(listOf(tui))?.name).toBe('key 9999');
    expect(pagesRead()).toBe(2);
    for (let screens = 0; screens < 400; screens += 1) tui.press('ctrl-u');
    expect(listOf(tui).pages.size).toBeLessThanOrEqual(6);
    tui.press('g');
    expect(rowAtCursor(listOf(tui))?.name).toBe('key 0');
  });

  it('keeps the cursor on its key when keys are added before it [tui-live]', () => {
    const tui = new TuiByHand(many(300));
    tui.press('j', 'j', 'j');
    tui.rows.unshift(keyRow(1_000), keyRow(1_001));
    tui.dispatch({ type: 'changed' });
    expect(rowAtCursor(listOf(tui))?.name).toBe('key 3');
    expect(listOf(tui).cursor).toBe(5);
  });

  it('shows the old rows until the new ones have come [tui-live]', () => {
    const tui = new TuiByHand(many(3));
    const before = bodyLines(tui.state, plain);
    const answer = tui.dispatch.bind(tui);
    tui.dispatch = (action) => (action.type === 'read' ? [] : answer(action));
    tui.dispatch({ type: 'changed' });
    expect(bodyLines(tui.state, plain)).toEqual(before);
  });

  it('filters as one types, and shows all again on Esc [tui-keyboard]', () => {
    const tui = new TuiByHand(many(50));
    tui.press('/');
    tui.type('key 4');
    expect(listOf(tui).total).toBe(11);
    tui.press('enter', 'esc');
    expect(listOf(tui).total).toBe(50);
  });

  test.prop([
    fc.array(fc.constantFrom('j', 'k', 'G', 'g', 'ctrl-d', 'ctrl-u'), { maxLength: 60 }),
    fc.integer({ min: 0, max: 350 }),
  ])('always has its cursor on a row that is shown [tui-windowed]', (keys, count) => {
    const tui = new TuiByHand(many(count));
    tui.press(...keys);
    const { cursor, top, total } = listOf(tui);
    expect(cursor).toBeLessThan(Math.max(1, total ?? 0));
    expect(top).toBeLessThanOrEqual(cursor);
    expect(cursor - top).toBeLessThan(19);
    if (count > 0) expect(rowAtCursor(listOf(tui))?.name).toBe(`key ${cursor}`);
    expect(listOf(tui).pages.size).toBeLessThanOrEqual(Math.ceil(350 / PAGE) + 2);
  });
});

describe('forms', () => {
  it('say what is wrong as one types, and do nothing until it is mended [tui-forms]', () => {
    const tui = new TuiByHand([]);
    tui.press('c');
    expect(tui.press('ctrl-s')).toEqual([]);
    expect(bodyLines(tui.state, plain).join('\n')).toContain('A key needs a name.');
    tui.type('ci');
    tui.press('down', 'down', 'down', 'down', 'down', 'ctrl-u');
    tui.type('GitHub');
    expect(bodyLines(tui.state, plain).join('\n')).toContain('“GitHub” is no grant');
    tui.press('ctrl-u');
    tui.type('github:search_*');
    tui.press('down', 'down', 'ctrl-u');
    tui.type('90d');
    expect(inputIn(CHANGE, tui.press('ctrl-s'))).toMatchObject({
      command: 'createKey',
      name: 'ci',
      access: {
        scopes: ['mcp', 'servers:read'],
        grants: ['github:search_*'],
        expiresAt: '2027-01-30T12:00:00.000Z',
      },
    });
  });

  it('give a new key nothing of its own once it has a role, unless that is asked for, and its owner and tags [tui-roles]', () => {
    const tui = new TuiByHand([]);
    tui.press('c', ...'ci', 'down', 'down', ...'nora', 'down', ...'team=Search, b=2', 'down', 'down', 'down');
    const body = () => bodyLines(tui.state, plain).join('\n');
    expect(body()).toMatch(/\[x\] mcp[^]*Grants +\*/);
    tui.type('engineering');
    expect(body()).not.toMatch(/\[x\] mcp|Grants +\*/);
    tui.press('ctrl-u');
    expect(body()).toMatch(/\[x\] mcp[^]*Grants +\*/);
    tui.press('up', 'ctrl-u', ...'wiki', 'down', ...'engineering');
    expect(inputIn(CHANGE, tui.press('ctrl-s'))).toMatchObject({
      labels: { owner: 'nora', tags: ['b=2', 'team=Search'] },
      access: { scopes: [], grants: ['wiki'], roles: ['engineering'] },
    });
  });

  it('run a command once, however often it is submitted [tui-nothing-half-done]', () => {
    const tui = new TuiByHand([]);
    tui.press('c');
    tui.type('once');
    expect(inputsIn(CHANGE, tui.press('ctrl-s', 'ctrl-s', 'enter'))).toHaveLength(1);
  });

  it('keep the answers when the command is refused [tui-forms]', () => {
    const tui = new TuiByHand([]);
    tui.press('c');
    tui.type('kept');
    tui.press('ctrl-s');
    tui.dispatch({ type: 'ended', work: 1, outcome: { ok: false, message: 'The stores are away.' } });
    const body = bodyLines(tui.state, plain).join('\n');
    expect(body).toContain('error: The stores are away.');
    expect(body).toContain('kept');
  });

  it('take a paste as text, and never as commands [tui-keyboard]', () => {
    const tui = new TuiByHand(many(3));
    expect(tui.dispatch({ type: 'pasted', text: 'cdxq' })).toEqual([]);
    expect(topScreen(tui.state)).toBeUndefined();
    tui.press('c');
    tui.dispatch({ type: 'pasted', text: 'pasted\nname' });
    expect(bodyLines(tui.state, plain).join('\n')).toContain('pasted name');
  });
});

describe('secrets', () => {
  it('are in the state only while they are on the screen [tui-secret-once]', () => {
    const tui = new TuiByHand([]);
    tui.press('c');
    tui.type('x');
    tui.press('ctrl-s');
    const opens = secretScreen({ apiKey: 'mcp_secret', configurations: [], message: 'done' });
    tui.dispatch({ type: 'ended', work: 1, outcome: { ok: true, message: 'done', opens } });
    expect(bodyLines(tui.state, plain).join('\n')).toContain('mcp_secret');
    expect(tui.press('y')).toEqual([{ effect: 'copy', text: 'mcp_secret' }]);
    tui.press('esc');
    expect(JSON.stringify(tui.state)).not.toContain('mcp_secret');
  });
});

describe('shortcuts', () => {
  it('mean one thing in each place, and all of them are in the help [tui-keyboard]', () => {
    // From the list of keys: the list itself, a key, its history, a form, the history of the key that is shown.
    const walks = [[], ['enter'], ['t'], ['c'], ['enter', 't']];
    const places = [
      ...PANES.map(({ name }) => ({ ...new TuiByHand(many(1)).state, pane: name })),
      ...walks.map((keystrokes) => {
        const tui = new TuiByHand(many(1));
        tui.press(...keystrokes);
        return tui.state;
      }),
    ];
    for (const state of places) {
      const groups = groupsOn(topScreen(state), state);
      for (const { shortcuts } of groups) {
        const keystrokes = shortcuts.flatMap((shortcut) => shortcut.keystrokes);
        expect(keystrokes).toEqual([...new Set(keystrokes)]);
      }
      const isTyping = topScreen(state)?.kind.isTyping === true;
      expect(shortcutOf('ctrl-c', groups)?.text).toBe(isTyping ? undefined : 'leave, from wherever you are');
      const help = helpLines(state, plain).join('\n');
      for (const { text } of groups.flatMap(({ shortcuts }) => shortcuts)) expect(help).toContain(text.slice(0, 60));
    }
  });

  it('are read one by one from a burst, also behind an Esc [tui-keyboard]', () => {
    expect(keystrokesOf('jjG', NO_FLAGS)).toEqual(['j', 'j', 'G']);
    expect(keystrokesOf('ab\r', NO_FLAGS)).toEqual(['a', 'b', 'enter']);
    expect(keystrokesOf('q', { ...NO_FLAGS, meta: true })).toEqual(['esc', 'q']);
  });

  it('are found by what they do in the palette, in other panes, too [tui-palette]', () => {
    const tui = new TuiByHand(many(1));
    tui.press(':');
    tui.type('add a server');
    tui.press('enter');
    expect(tui.state.pane).toBe('servers');
    expect(bodyLines(tui.state, plain)[0]).toContain('Add a server');
  });
});

describe('what would make no sense', () => {
  it.each([
    ['r', 'inactive', 'activate it first'],
    ['x', 'inactive', 'inactive already'],
    ['a', 'active', 'not inactive'],
    ['d', 'deleted', 'final'],
  ] as const)('is refused before a form is filled in: %s on a key that is %s [tui-forms]', (key, status, why) => {
    const tui = new TuiByHand([keyRow(0, { status })]);
    tui.press(key);
    expect(topScreen(tui.state)).toBeUndefined();
    expect(tui.state.notice?.text).toContain(why);
  });
});

describe('time', () => {
  it('leaves in the end when a command never ends, and says so [tui-nothing-half-done]', () => {
    const tui = new TuiByHand([]);
    tui.press('c');
    tui.type('stuck');
    tui.press('ctrl-s', 'ctrl-c');
    expect(tui.dispatch({ type: 'ticked', nowMs: NOW + 5_000 })).toEqual([]);
    expect(tui.dispatch({ type: 'ticked', nowMs: NOW + 11_000 })).toMatchObject([
      { effect: 'leave', code: 130, isUrgent: true, messages: [expect.stringContaining('whole or not at all')] },
    ]);
  });
});
