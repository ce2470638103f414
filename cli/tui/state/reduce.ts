import { takeActivity } from './activity.ts';
import type { Action } from './action.ts';
import { LEAVE_WAIT_MS, leave, leaveNow } from './leave.ts';
import { onKey, onPaste } from './onKey.ts';
import { readAgain, readShown, readUsageAgain } from './reading.ts';
import { settle } from './settle.ts';
import { listHeight, type State } from './state.ts';
import type { Step } from './step.ts';
import { moveTo, take } from './window.ts';
import { takeHistory, takeThen } from './takeHistory.ts';
import { takeTrail } from './trail.ts';
import { moveCursor } from './cursor.ts';

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
      const isSame = columns === state.size.columns && rows === state.size.rows;
      return isSame ? [state, []] : readShown(refit({ ...state, size: { columns, rows } }));
    }
    case 'ticked':
      return tick({ ...state, nowMs: action.nowMs });
    case 'changed':
      return readAgain(state);
    case 'keysRead': {
      const { read } = action;
      const keys = take(state.keys, read, listHeight(state), ({ id }) => id);
      const [next, effects] = readShown({ ...state, keys });
      const ids = read.rows.map(({ id }) => id);
      return [next, ids.length === 0 ? effects : [...effects, { effect: 'readKeyUsage', ids }]];
    }
    case 'serversRead': {
      const { read } = action;
      const servers = take(state.servers, read, listHeight(state), ({ name }) => name);
      const screens = state.screens.map((screen) => {
        const row = screen.screen === 'server' ? read.rows.find(({ name }) => name === screen.row.name) : undefined;
        return screen.screen === 'server' && row !== undefined ? { ...screen, row } : screen;
      });
      return readShown({ ...state, servers, screens });
    }
    case 'keyUsageRead':
      return [{ ...state, keyUsage: action.usage }, []];
    case 'historyRead':
      return takeHistory(state, action);
    case 'trailRead':
      return readShown({ ...state, trail: takeTrail(state.trail, action.read) });
    case 'thenRead':
      return [takeThen(state, action), []];
    case 'usageRead': {
      const { group, hours, rows } = action.read;
      if (group !== state.usage.group || hours !== state.usage.hours) return [state, []];
      const cursor = moveCursor(state.usage, state.usage.at, rows.length, Math.max(1, listHeight(state) - 1));
      return [{ ...state, usage: { ...state.usage, ...cursor, rows } }, []];
    }
    case 'progressed': {
      const work = state.work.map((each) => (each.id === action.work ? { ...each, says: action.says } : each));
      return [{ ...state, work }, []];
    }
    case 'settled':
      return thenRead(settle(state, action.work, action.outcome));
    case 'healthRead':
      return [{ ...state, health: action.health }, []];
    case 'happened':
      return [{ ...state, activity: takeActivity(state.activity, action.events) }, []];
    case 'failed':
      return [{ ...state, notice: { tone: 'error', text: action.text, sinceMs: state.nowMs } }, []];
    case 'signalled':
      return leave(state, action.code);
  }
}

function thenRead([state, effects]: Step): Step {
  const [next, more] = readShown(state);
  return [next, [...effects, ...more]];
}

function tick(state: State): Step {
  const { notice, nowMs, leaving } = state;
  if (leaving !== undefined && nowMs - leaving.sinceMs > LEAVE_WAIT_MS) return leaveNow(state, leaving.code);
  const isOld = notice?.tone === 'done' && nowMs - notice.sinceMs > NOTICE_MS;
  return readUsageAgain(isOld ? { ...state, notice: undefined } : state);
}

function refit(state: State): State {
  const height = listHeight(state);
  const { keys, servers, trail, usage } = state;
  return {
    ...state,
    keys: moveTo(keys, keys.cursor, height),
    servers: moveTo(servers, servers.cursor, height),
    trail: { ...trail, ...moveCursor(trail, trail.at, trail.rows?.length ?? 0, height) },
    usage: { ...usage, ...moveCursor(usage, usage.at, usage.rows?.length ?? 0, height) },
  };
}
