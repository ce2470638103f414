import { apiKeyStream } from '../../../src/events/apiKey.ts';
import type { Effect } from './effect.ts';
import { listHeight, type State } from './state.ts';
import type { Step } from './step.ts';
import { ask, askAgain, rowAt, type PageWanted } from './window.ts';

/** How often numbers that no event tells of are read again. */
const USAGE_MS = 5_000;

/** Asks for what the pane shows and memory lacks. */
export function readShown(state: State): Step {
  const height = listHeight(state);
  switch (state.pane) {
    case 'keys': {
      const [keys, wanted] = ask(state.keys, height);
      return [keys === state.keys ? state : { ...state, keys }, wanted.map((page) => keysEffect(state, page))];
    }
    case 'servers': {
      const [servers, wanted] = ask(state.servers, height);
      return [servers === state.servers ? state : { ...state, servers }, wanted.map(serversEffect)];
    }
    case 'audit':
      return readTrail(state, height);
    case 'activity':
      return [state, []];
    case 'usage':
      return state.usage.rows === undefined ? [state, [usageEffect(state)]] : [state, []];
  }
}

/** Reads on when the end of what is in memory comes near. */
function readTrail(state: State, height: number): Step {
  const { trail } = state;
  const { rows, next, isReading, filter, generation } = trail;
  const isNearEnd = rows === undefined || (next !== undefined && trail.top + 2 * height > rows.length);
  if (isReading || !isNearEnd) return [state, []];
  const after = rows === undefined ? undefined : next;
  return [{ ...state, trail: { ...trail, isReading: true } }, [{ effect: 'readTrail', filter, after, generation }]];
}

/** Reads everything that is shown again, because it may have changed; what is shown stays until then. */
export function readAgain(state: State): Step {
  const height = listHeight(state);
  const [keys, keyPages] = askAgain(state.keys, height);
  const [servers, serverPages] = askAgain(state.servers, height);
  const { filter, generation, rows } = state.trail;
  const histories = state.screens.flatMap((screen): Effect[] => {
    if (screen.screen === 'key') return [{ effect: 'readHistory', stream: apiKeyStream(screen.id) }];
    if (screen.screen !== 'timeline') return [];
    const { stream, atMs } = screen;
    return [
      { effect: 'readHistory', stream },
      { effect: 'readThen', stream, atMs },
    ];
  });
  return [
    { ...state, keys, servers },
    [
      ...keyPages.map((page) => keysEffect(state, page)),
      ...serverPages.map(serversEffect),
      ...(rows === undefined ? [] : [{ effect: 'readTrail' as const, filter, after: undefined, generation }]),
      ...histories,
    ],
  ];
}

/** Reads again, now and then, how much is used. */
export function readUsageAgain(state: State): Step {
  if (state.nowMs - state.usageReadMs < USAGE_MS) return [state, []];
  const next = { ...state, usageReadMs: state.nowMs };
  if (state.pane === 'usage') return [next, [usageEffect(state)]];
  if (state.pane !== 'keys') return [next, []];
  const shown = Array.from({ length: listHeight(state) }, (_, at) => rowAt(state.keys, state.keys.top + at)?.id);
  const ids = shown.filter((id) => id !== undefined);
  return [next, ids.length === 0 ? [] : [{ effect: 'readKeyUsage', ids }]];
}

function usageEffect({ usage: { group, hours } }: State): Effect {
  return { effect: 'readUsage', group, hours };
}

function keysEffect({ includeDeleted }: State, page: PageWanted): Effect {
  return { effect: 'readKeys', includeDeleted, ...page };
}

function serversEffect(page: PageWanted): Effect {
  return { effect: 'readServers', ...page };
}
