import { startFilter, withoutFilter } from './filter.ts';
import { leave } from './leave.ts';
import type { Screen, Shortcut, ShortcutGroup, State, Step } from './model.ts';
import { move, TARGETS } from './move.ts';
import { openPane, pop, topScreen } from './state.ts';

const MOVES: readonly Shortcut[] = [
  moveBy('down', ['j', 'down'], 'next line'),
  moveBy('up', ['k', 'up'], 'line before'),
  moveBy('halfDown', ['ctrl-d', 'pagedown'], 'half a screen down'),
  moveBy('halfUp', ['ctrl-u', 'pageup'], 'half a screen up'),
  moveBy('first', ['g', 'home'], 'to the beginning'),
  moveBy('last', ['G', 'end'], 'to the end'),
];

function moveBy(name: keyof typeof TARGETS, keystrokes: readonly string[], text: string): Shortcut {
  return { keystrokes, text, inPalette: false, perform: (state) => move(state, TARGETS[name]) };
}

const MOVING: ShortcutGroup = { title: 'Moving', shortcuts: MOVES };

/** What holds in every list. */
export const LISTS: ShortcutGroup = {
  title: 'Lists',
  shortcuts: [
    ...MOVES,
    {
      keystrokes: ['enter', 'l', 'right'],
      text: 'show it',
      hint: 'show',
      perform: (state) => openPane(state)?.list?.open(state) ?? [state, []],
    },
    { keystrokes: ['/'], text: 'filter the list', hint: 'filter', perform: (state) => [startFilter(state), []] },
  ],
};

/** What ends the typing of a filter; everything else is typed. */
export const FILTERING: ShortcutGroup = {
  title: 'Filter',
  shortcuts: [
    {
      keystrokes: ['enter'],
      text: 'keep the filter',
      hint: 'keep the filter',
      perform: (state) => [{ ...state, filtering: undefined }, []],
    },
    { keystrokes: ['esc'], text: 'show all', hint: 'show all', perform: (state) => [withoutFilter(state), []] },
  ],
};

/** Goes back from a screen, and cancels what it waits for. */
export const BACK: Shortcut = {
  keystrokes: ['esc', 'h', 'left', 'q'],
  text: 'back',
  hint: 'back',
  inPalette: false,
  perform: back,
};

/** Leaves the TUI from wherever the user is. */
export const LEAVE: Shortcut = {
  keystrokes: ['ctrl-c'],
  text: 'leave, from wherever you are',
  perform: (state) => leave(state, 130),
};

function tabsGroup({ panes }: State): ShortcutGroup {
  const shortcuts = panes.map(({ name, title }, at) => ({
    keystrokes: [String(at + 1)],
    text: `go to ${title}`,
    perform: (state: State) => goTo(state, name),
  }));
  return { title: 'Panes', shortcuts };
}

function panesGroup(state: State): ShortcutGroup {
  const shortcuts: readonly Shortcut[] = [
    ...tabsGroup(state).shortcuts,
    { keystrokes: ['tab'], text: 'next pane', inPalette: false, perform: (state) => goBy(state, 1) },
    { keystrokes: ['shift-tab'], text: 'pane before', inPalette: false, perform: (state) => goBy(state, -1) },
    { keystrokes: ['q'], text: 'leave', hint: 'quit', perform: (state) => leave(state, 0) },
    { keystrokes: ['esc'], text: 'drop the filter', inPalette: false, perform: (state) => [withoutFilter(state), []] },
  ];
  return { title: 'Panes', shortcuts };
}

function goBy(state: State, step: 1 | -1): Step {
  const names = state.panes.map(({ name }) => name);
  const at = (names.indexOf(state.pane) + step + names.length) % names.length;
  return goTo(state, names[at] ?? state.pane);
}

/** Leaves every screen, and cancels what they wait for. */
function goTo(state: State, pane: string): Step {
  const works = state.screens.flatMap(({ kind, content }) => kind.workOf?.(content) ?? []);
  return [
    { ...state, pane, screens: [], filtering: undefined, notice: undefined },
    works.map((work) => ({ effect: 'cancel', work })),
  ];
}

function back(state: State): Step {
  const top = topScreen(state);
  const work = top?.kind.workOf?.(top.content);
  return [pop(state), work === undefined ? [] : [{ effect: 'cancel', work }]];
}

/** The shortcuts that hold on a screen, or in the open pane when there is none; the nearest first. */
export function groupsOn(screen: Screen | undefined, state: State): readonly ShortcutGroup[] {
  if (screen !== undefined) {
    const { kind } = screen;
    if (kind.isTyping === true) return [kind];
    const moves = kind.scrolls === true || kind.move !== undefined;
    return [
      kind,
      ...(moves ? [MOVING] : []),
      ...(kind.isLeftOnlyBack === true ? [] : [tabsGroup(state)]),
      state.everywhere,
    ];
  }
  if (state.filtering !== undefined) return [FILTERING];
  const pane = openPane(state);
  return [
    ...(pane === undefined ? [] : [pane, pane.list === undefined ? MOVING : LISTS]),
    panesGroup(state),
    state.everywhere,
  ];
}

/** Finds the shortcut of a keystroke. */
export function shortcutOf(keystroke: string, groups: readonly ShortcutGroup[]): Shortcut | undefined {
  return groups.flatMap(({ shortcuts }) => shortcuts).find(({ keystrokes }) => keystrokes.includes(keystroke));
}

const SYMBOLS: Readonly<Record<string, string>> = {
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  esc: 'Esc',
  tab: 'Tab',
  enter: 'Enter',
  pageup: 'PageUp',
  pagedown: 'PageDown',
  home: 'Home',
  end: 'End',
  backspace: 'Backspace',
  'shift-tab': 'Shift-Tab',
  ' ': 'Space',
};

/** Writes a keystroke for people. */
export function showKeystroke(keystroke: string): string {
  return (
    SYMBOLS[keystroke] ?? keystroke.replace(/^ctrl-(.+)$/, (_all, letter: string) => `Ctrl-${letter.toUpperCase()}`)
  );
}
