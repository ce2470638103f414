import type { Screen } from './state/screen.ts';
import type { Pane } from './state/state.ts';

/** What a key means. */
export type Intent =
  | 'leave'
  | 'quit'
  | 'help'
  | 'palette'
  | 'back'
  | 'next-pane'
  | 'previous-pane'
  | `pane-${Pane}`
  | 'down'
  | 'up'
  | 'half-down'
  | 'half-up'
  | 'first'
  | 'last'
  | 'filter'
  | 'open'
  | 'submit'
  | 'test'
  | 'blank'
  | 'copy'
  | 'history'
  | `key-${'create' | 'access' | 'rotate' | 'inactivate' | 'activate' | 'delete' | 'deleted'}`
  | `server-${'add' | 'edit' | 'enable' | 'disable' | 'remove' | 'test' | 'browse'}`
  | 'earlier'
  | 'later'
  | 'slide-earlier'
  | 'slide-later'
  | 'now'
  | 'undo'
  | 'usage-group'
  | 'usage-range';

/** A place where keys mean something. */
export type Context = 'everywhere' | 'panes' | 'list' | 'scroll' | Pane | Exclude<Screen['screen'], Pane>;

export interface Binding {
  /** The first one is shown. */
  readonly keys: readonly string[];
  readonly intent: Intent;
  /** As in: create a key. */
  readonly says: string;
  /** One word for the line of hints; absent: not shown there. */
  readonly hint?: string;
}

const MOVES: readonly Binding[] = [
  { keys: ['j', 'down'], intent: 'down', says: 'next line' },
  { keys: ['k', 'up'], intent: 'up', says: 'line before' },
  { keys: ['ctrl-d', 'pagedown'], intent: 'half-down', says: 'half a screen down' },
  { keys: ['ctrl-u', 'pageup'], intent: 'half-up', says: 'half a screen up' },
  { keys: ['g', 'home'], intent: 'first', says: 'to the beginning' },
  { keys: ['G', 'end'], intent: 'last', says: 'to the end' },
];

const KEY_CHANGES: readonly Binding[] = [
  { keys: ['e'], intent: 'key-access', says: 'change what the key may do', hint: 'access' },
  { keys: ['r'], intent: 'key-rotate', says: 'rotate the key: a successor, with grace', hint: 'rotate' },
  { keys: ['x'], intent: 'key-inactivate', says: 'inactivate the key', hint: 'inactivate' },
  { keys: ['a'], intent: 'key-activate', says: 'activate the key again', hint: 'activate' },
  { keys: ['d'], intent: 'key-delete', says: 'delete the key for good', hint: 'delete' },
  { keys: ['t'], intent: 'history', says: 'travel through the key’s history', hint: 'history' },
];

const SERVER_CHANGES: readonly Binding[] = [
  { keys: ['b'], intent: 'server-browse', says: 'browse what the server offers, and run its tools', hint: 'browse' },
  { keys: ['t'], intent: 'server-test', says: 'test the server', hint: 'test' },
  { keys: ['e'], intent: 'server-edit', says: 'edit the server', hint: 'edit' },
  { keys: ['x'], intent: 'server-disable', says: 'disable the server', hint: 'disable' },
  { keys: ['a'], intent: 'server-enable', says: 'enable the server', hint: 'enable' },
  { keys: ['d'], intent: 'server-remove', says: 'remove the server for good', hint: 'remove' },
  { keys: ['H'], intent: 'history', says: 'travel through the server’s history' },
];

const BACK: Binding = { keys: ['esc', 'h', 'left', 'q'], intent: 'back', says: 'back', hint: 'back' };

/** Every key of the TUI. Help, hints and the palette are made of this. */
export const KEYMAP: Readonly<Record<Context, readonly Binding[]>> = {
  everywhere: [
    { keys: ['ctrl-c'], intent: 'leave', says: 'leave, from wherever you are' },
    { keys: ['?'], intent: 'help', says: 'these keys', hint: 'help' },
    { keys: [':'], intent: 'palette', says: 'find an action by its name' },
  ],
  panes: [
    { keys: ['1'], intent: 'pane-keys', says: 'go to Keys' },
    { keys: ['2'], intent: 'pane-servers', says: 'go to Servers' },
    { keys: ['3'], intent: 'pane-activity', says: 'go to Activity' },
    { keys: ['4'], intent: 'pane-audit', says: 'go to Audit' },
    { keys: ['5'], intent: 'pane-usage', says: 'go to Usage' },
    { keys: ['tab'], intent: 'next-pane', says: 'next pane' },
    { keys: ['shift-tab'], intent: 'previous-pane', says: 'pane before' },
    { keys: ['q'], intent: 'quit', says: 'leave', hint: 'quit' },
    { keys: ['esc'], intent: 'back', says: 'drop the filter' },
  ],
  list: [
    ...MOVES,
    { keys: ['enter', 'l', 'right'], intent: 'open', says: 'show it', hint: 'show' },
    { keys: ['/'], intent: 'filter', says: 'filter the list', hint: 'filter' },
  ],
  scroll: MOVES,
  keys: [
    { keys: ['c'], intent: 'key-create', says: 'create a key', hint: 'create' },
    ...KEY_CHANGES,
    { keys: ['v'], intent: 'key-deleted', says: 'show or hide deleted keys' },
  ],
  servers: [{ keys: ['c'], intent: 'server-add', says: 'add a server', hint: 'add' }, ...SERVER_CHANGES],
  activity: [
    { keys: ['enter', 'l', 'right'], intent: 'open', says: 'show the history of its key or server', hint: 'history' },
  ],
  audit: [],
  usage: [
    { keys: ['b'], intent: 'usage-group', says: 'count by key, server, tool or hour', hint: 'count by' },
    { keys: ['w'], intent: 'usage-range', says: 'how far back: 1 h, 24 h, 7 d, 30 d', hint: 'how far back' },
  ],
  key: [...KEY_CHANGES, BACK],
  server: [...SERVER_CHANGES, BACK],
  catalogue: [{ keys: ['enter', 'l', 'right'], intent: 'open', says: 'run the tool', hint: 'run the tool' }, BACK],
  answer: [BACK],
  timeline: [
    { keys: ['h', 'left'], intent: 'earlier', says: 'to the event before', hint: 'earlier' },
    { keys: ['l', 'right'], intent: 'later', says: 'to the next event', hint: 'later' },
    { keys: ['H', '['], intent: 'slide-earlier', says: 'slide back in time' },
    { keys: ['L', ']'], intent: 'slide-later', says: 'slide forward in time' },
    { keys: ['k', 'up'], intent: 'later', says: 'to the next event' },
    { keys: ['j', 'down'], intent: 'earlier', says: 'to the event before' },
    { keys: ['g', 'home'], intent: 'first', says: 'to the beginning' },
    { keys: ['G', 'end', 'n'], intent: 'now', says: 'to now', hint: 'now' },
    { keys: ['u'], intent: 'undo', says: 'undo the event, with a reason', hint: 'undo' },
    { keys: ['esc', 'q'], intent: 'back', says: 'back', hint: 'back' },
  ],
  secret: [
    { keys: ['y'], intent: 'copy', says: 'copy the key to the clipboard (OSC 52)', hint: 'copy' },
    { keys: ['esc', 'enter', 'q'], intent: 'back', says: 'leave and wipe it', hint: 'leave and wipe' },
  ],
  help: [BACK],
  palette: [],
  form: [
    { keys: ['ctrl-s'], intent: 'submit', says: 'do it', hint: 'do it' },
    { keys: ['ctrl-t'], intent: 'test', says: 'test a server before it is saved' },
    { keys: ['ctrl-n'], intent: 'blank', says: 'send an empty field as an empty text, or as null, or leave it out' },
    { keys: ['esc'], intent: 'back', says: 'leave it', hint: 'cancel' },
  ],
};

/** Where the user is: the contexts whose keys hold, the nearest first. */
export function contextsOf(screen: Screen['screen'] | undefined, pane: Pane): readonly Context[] {
  switch (screen) {
    case undefined:
      return [pane, pane === 'usage' || pane === 'activity' ? 'scroll' : 'list', 'panes', 'everywhere'];
    case 'form':
    case 'palette':
      return [screen];
    case 'timeline':
      return [screen, 'everywhere'];
    case 'catalogue':
    case 'key':
    case 'server':
    case 'answer':
    case 'secret':
    case 'help':
      return [screen, 'scroll', 'everywhere'];
  }
}

/** Finds what a key means where the user is. */
export function bindingOf(key: string, contexts: readonly Context[]): Binding | undefined {
  return contexts.flatMap((context) => KEYMAP[context]).find(({ keys }) => keys.includes(key));
}

const SHOWN: Readonly<Record<string, string>> = { up: '↑', down: '↓', left: '←', right: '→', esc: 'Esc', tab: 'Tab' };

/** Writes a key's name for people. */
export function showKey(key: string): string {
  return SHOWN[key] ?? (key.length > 1 ? key.replace('ctrl-', '^').replace('enter', 'Enter') : key);
}
