import { isDeepStrictEqual } from 'node:util';
import { endWork } from './endWork.ts';
import { leave, leaveInTheEnd } from './leave.ts';
import type { Action, Effect, State, Step } from './model.ts';
import { refit } from './move.ts';
import { onKeystroke, onPaste } from './onKeystroke.ts';
import { openPane, withError } from './state.ts';

/** How long good news stays on the screen. */
const NOTICE_MS = 8_000;
/** How often figures that change without an event are read again. */
const REFRESH_MS = 5_000;

/** What the TUI does about an action: the new state, and effects as data. Pure. */
export function reduce(state: State, action: Action): Step {
  switch (action.type) {
    case 'started':
      return withReads([state, []]);
    case 'keystroke':
      return withReads(onKeystroke(state, action.keystroke));
    case 'pasted':
      return withReads([onPaste(state, action.text), []]);
    case 'resized': {
      const { columns, rows } = action;
      const isSame = columns === state.size.columns && rows === state.size.rows;
      return isSame ? [state, []] : withReads([refit({ ...state, size: { columns, rows } }), []]);
    }
    case 'ticked':
      return tick({ ...state, nowMs: action.nowMs });
    case 'changed':
      return readAgain(state);
    case 'read':
      return withReads(action.source.take(state, action.query, action.result));
    case 'news':
      return withReads([action.feed.take(state, action.news), []]);
    case 'progressed':
      return [progress(state, action), []];
    case 'ended':
      return withReads(endWork(state, action));
    case 'healthRead':
      // The same again is no change: nothing is to be drawn.
      return [isDeepStrictEqual(state.health, action.health) ? state : { ...state, health: action.health }, []];
    case 'failed':
      return withError(state, action.message);
    case 'signalled':
      return leave(state, action.code);
  }
}

/** Shows how far a piece of work is, and takes in what has come of it so far. */
function progress(state: State, { work: id, message, result }: Extract<Action, { type: 'progressed' }>): State {
  const next = { ...state, work: state.work.map((each) => (each.id === id ? { ...each, message } : each)) };
  const job = next.work.find((each) => each.id === id)?.job;
  if (result === undefined || job?.kind.take === undefined) return next;
  return job.kind.take(next, job.input, { ok: true, message, result });
}

/** Asks, too, for what the open pane shows now and memory lacks. */
function withReads([state, effects]: Step): Step {
  const [next, reads] = openPane(state)?.read?.(state) ?? [state, []];
  return [next, [...effects, ...reads]];
}

/** Asks again for everything that may have changed; what is shown stays until it is read. */
function readAgain(state: State): Step {
  let next = state;
  const effects: Effect[] = [];
  for (const pane of state.panes) {
    const [after, reads] = pane.readAgain?.(next) ?? [next, []];
    next = after;
    effects.push(...reads);
  }
  return [next, [...effects, ...state.screens.flatMap(({ kind, content }) => kind.readAgain?.(content) ?? [])]];
}

function tick(state: State): Step {
  const end = leaveInTheEnd(state);
  if (end !== undefined) return end;
  const { notice, nowMs } = state;
  const isOld = notice?.tone === 'done' && nowMs - notice.sinceMs > NOTICE_MS;
  const next = isOld ? { ...state, notice: undefined } : state;
  if (nowMs - state.refreshedMs < REFRESH_MS) return [next, []];
  return [{ ...next, refreshedMs: nowMs }, openPane(next)?.refresh?.(next) ?? []];
}
