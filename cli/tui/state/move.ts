import { linesOf } from '../content/content.ts';
import type { Intent } from '../keys.ts';
import { plain } from '../style.ts';
import { itemsOf } from './catalogueItems.ts';
import { moveCursor } from './cursor.ts';
import { bodyHeight, listHeight, topScreen, withTop, type State } from './state.ts';
import type { Step } from './step.ts';
import { moveTo } from './window.ts';

export type Move = Extract<Intent, 'down' | 'up' | 'half-down' | 'half-up' | 'first' | 'last'>;

/** Where a move leads from a line. */
function target(from: number, height: number, last: number, intent: Move): number {
  const half = Math.max(1, Math.floor(height / 2));
  return { down: from + 1, up: from - 1, 'half-down': from + half, 'half-up': from - half, first: 0, last }[intent];
}

/** Moves in what the user looks at. */
export function move(state: State, intent: Move): Step {
  const screen = topScreen(state);
  if (screen === undefined) return [moveInPane(state, intent), []];
  if (screen.screen === 'catalogue') {
    const height = Math.max(1, listHeight(state) - 1);
    const count = itemsOf(screen.catalogue).length;
    const cursor = moveCursor(screen.cursor, target(screen.cursor.at, height, count - 1, intent), count, height);
    return [withTop(state, { ...screen, cursor }), []];
  }
  if (!('top' in screen)) return [state, []];
  const height = bodyHeight(state);
  const last = Math.max(0, linesOf(screen, state, plain).length - height);
  const top = Math.min(Math.max(0, target(screen.top, height, last, intent)), last);
  return [withTop(state, { ...screen, top }), []];
}

function moveInPane(state: State, intent: Move): State {
  const height = listHeight(state);
  switch (state.pane) {
    case 'keys': {
      const { keys } = state;
      return { ...state, keys: moveTo(keys, target(keys.cursor, height, (keys.total ?? 1) - 1, intent), height) };
    }
    case 'servers': {
      const { servers } = state;
      return {
        ...state,
        servers: moveTo(servers, target(servers.cursor, height, (servers.total ?? 1) - 1, intent), height),
      };
    }
    case 'activity': {
      const { activity } = state;
      const count = activity.events.length;
      const rows = Math.max(1, height - 1);
      const index = target(activity.at, rows, count - 1, intent);
      return { ...state, activity: { ...activity, ...moveCursor(activity, index, count, rows) } };
    }
    case 'audit': {
      const { trail } = state;
      const count = trail.rows?.length ?? 0;
      return {
        ...state,
        trail: { ...trail, ...moveCursor(trail, target(trail.at, height, count - 1, intent), count, height) },
      };
    }
    case 'usage': {
      const { usage } = state;
      const count = usage.rows?.length ?? 0;
      const rows = Math.max(1, height - 1);
      return {
        ...state,
        usage: { ...usage, ...moveCursor(usage, target(usage.at, rows, count - 1, intent), count, rows) },
      };
    }
  }
}
