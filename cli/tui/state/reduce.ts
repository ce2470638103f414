import { apiKeyStream } from '../../../src/events/apiKey.ts';
import type { Action } from './action.ts';
import type { Effect } from './effect.ts';
import { onKey, onPaste } from './onKey.ts';
import type { Step } from './step.ts';
import { settle } from './settle.ts';
import { listHeight, type State } from './state.ts';
import { ask, askAgain, moveTo, take } from './window.ts';

/** How long good news stays on the screen. */
const NOTICE_MS = 8_000;

/** What the TUI does about what happened: the new state, and effects as data. Pure. */
export function reduce(state: State, action: Action): Step {
  switch (action.type) {
    case 'started':
      return readShown(state);
    case 'key':
      return thenRead(onKey(state, action.key));
    case 'pasted':
      return thenRead(onPaste(state, action.text));
    case 'resized': {
      const { columns, rows } = action;
      return readShown(refit({ ...state, size: { columns, rows } }));
    }
    case 'ticked':
      return [forget({ ...state, nowMs: action.nowMs }), []];
    case 'changed':
      return readAgain(state);
    case 'keysRead':
      return readShown({ ...state, keys: take(state.keys, action.read, listHeight(state), ({ id }) => id) });
    case 'serversRead':
      return readShown({ ...state, servers: take(state.servers, action.read, listHeight(state), ({ name }) => name) });
    case 'historyRead':
      return [
        {
          ...state,
          screens: state.screens.map((screen) =>
            screen.screen === 'key' && apiKeyStream(screen.id) === action.stream
              ? { ...screen, history: action.rows }
              : screen,
          ),
        },
        [],
      ];
    case 'settled':
      return settle(state, action.work, action.outcome);
    case 'healthRead':
      return [{ ...state, health: action.health }, []];
    case 'failed':
      return [{ ...state, notice: { tone: 'error', text: action.text, sinceMs: state.nowMs } }, []];
    case 'asked':
      return onKey(state, 'ctrl-c');
  }
}

function forget(state: State): State {
  const { notice, nowMs } = state;
  const isOld = notice?.tone === 'done' && nowMs - notice.sinceMs > NOTICE_MS;
  return isOld ? { ...state, notice: undefined } : state;
}

function refit(state: State): State {
  const height = listHeight(state);
  return {
    ...state,
    keys: moveTo(state.keys, state.keys.cursor, height),
    servers: moveTo(state.servers, state.servers.cursor, height),
  };
}

function thenRead([state, effects]: Step): Step {
  const [next, more] = readShown(state);
  return [next, [...effects, ...more]];
}

/** Asks for what the pane shows and memory lacks. */
function readShown(state: State): Step {
  const height = listHeight(state);
  switch (state.pane) {
    case 'keys': {
      const [keys, wanted] = ask(state.keys, height);
      return [{ ...state, keys }, wanted.map((page) => keysEffect(state, page))];
    }
    case 'servers': {
      const [servers, wanted] = ask(state.servers, height);
      return [{ ...state, servers }, wanted.map((page) => ({ effect: 'readServers' as const, ...page }))];
    }
  }
}

/** Reads everything that is shown again, because it may have changed. */
function readAgain(state: State): Step {
  const height = listHeight(state);
  const [keys, keyPages] = askAgain(state.keys, height);
  const [servers, serverPages] = askAgain(state.servers, height);
  const histories = state.screens.flatMap((screen) =>
    screen.screen === 'key' ? [{ effect: 'readHistory' as const, stream: apiKeyStream(screen.id) }] : [],
  );
  return [
    { ...state, keys, servers },
    [
      ...keyPages.map((page) => keysEffect(state, page)),
      ...serverPages.map((page) => ({ effect: 'readServers' as const, ...page })),
      ...histories,
    ],
  ];
}

function keysEffect({ includeDeleted }: State, page: ReturnType<typeof ask>[1][number]): Effect {
  return { effect: 'readKeys', includeDeleted, ...page };
}
