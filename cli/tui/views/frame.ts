import { displayWidth, truncate } from '../../output/width.ts';
import { contextsOf, KEYMAP, showKey } from '../keys.ts';
import { PANES, topScreen, type Health, type State } from '../state/state.ts';
import type { TuiPaint, TuiStyle } from '../style.ts';

/** Names the panes, and which one is open. */
export function tabLine({ pane, size, version }: State, paint: TuiPaint): string {
  const names = PANES.map((each, at) => `${at + 1} ${each.slice(0, 1).toUpperCase()}${each.slice(1)}`);
  const marked = names.map((name, at) => (PANES[at] === pane ? `[${name}]` : ` ${name} `));
  const text = marked.join('');
  const brand = `MetaMCP ${version}`;
  const gap = size.columns - displayWidth(text) - brand.length;
  const tabs = marked.map((name, at) => (PANES[at] === pane ? paint('bold', name) : name)).join('');
  if (gap > 1) return tabs + ' '.repeat(gap) + paint('dim', brand);
  return displayWidth(text) > size.columns ? truncate(text, size.columns) : tabs;
}

/** Says what has happened, or what is being typed or waited for. */
export function noticeLine(state: State, paint: TuiPaint): string {
  const { notice, work, filtering, size, leaving, nowMs } = state;
  if (leaving !== undefined) {
    const what = work.map(({ says }) => says).join(', ');
    return paint('yellow', truncate(`${what}: leaving when it is done. Ctrl-C leaves at once.`, size.columns));
  }
  const [first] = work;
  if (first !== undefined) {
    const seconds = Math.max(0, Math.floor((nowMs - first.sinceMs) / 1_000));
    return paint('yellow', truncate(`${first.says} … ${seconds > 0 ? `${seconds} s` : ''}`, size.columns));
  }
  if (filtering !== undefined && topScreen(state) === undefined) {
    return truncate(`/${shownInput(filtering.text)}▏`, size.columns);
  }
  if (notice === undefined) return '';
  const marks: Readonly<Record<string, readonly [string, TuiStyle]>> = {
    done: ['', 'green'],
    warning: ['warning: ', 'yellow'],
    error: ['error: ', 'red'],
  };
  const [mark, style] = marks[notice.tone] ?? ['', 'dim'];
  return paint(style, truncate(mark + notice.text.replace(/\s*\n\s*/g, ' '), size.columns));
}

function shownInput(text: string): string {
  return text.replace(/\p{C}/gu, '');
}

/** Names the keys of the place where the user is, as many as fit. */
export function hintLine(state: State, paint: TuiPaint): string {
  const contexts = contextsOf(topScreen(state)?.screen, state.pane);
  const hints = contexts.flatMap((context) =>
    KEYMAP[context].flatMap(({ keys, hint }) => (hint === undefined ? [] : [{ key: showKey(keys[0] ?? ''), hint }])),
  );
  let used = 0;
  const shown = hints.filter(({ key, hint }) => {
    const width = displayWidth(key) + 1 + displayWidth(hint) + (used === 0 ? 0 : 2);
    if (used + width > state.size.columns) return false;
    used += width;
    return true;
  });
  return shown.map(({ key, hint }) => `${paint('bold', key)} ${paint('dim', hint)}`).join('  ');
}

/** Says whether gateway and stores can be reached, and how far the read tables are. */
export function statusLine({ health, size }: State, paint: TuiPaint): string {
  const parts: readonly (readonly [string, TuiStyle])[] = [
    part('database', health.database),
    part('events', health.eventStore),
    part('gateway', health.gateway),
    lagPart(health),
  ];
  const long = parts.map(([text]) => text).join('  ');
  if (displayWidth(long) > size.columns) return truncate(long, size.columns);
  return parts.map(([text, style]) => paint(style, text)).join('  ');
}

function part(name: string, status: Health['database']): readonly [string, TuiStyle] {
  if (status === 'up') return [`${name} ✓`, 'green'];
  return status === 'down' ? [`${name} ✗ down`, 'red'] : [`${name} …`, 'dim'];
}

function lagPart({ lagMs, stopped }: Health): readonly [string, TuiStyle] {
  if (stopped !== undefined) return [`tables ✗ ${stopped}`, 'red'];
  if (lagMs === undefined) return ['tables …', 'dim'];
  return lagMs === 0 ? ['tables current', 'green'] : [`tables ${(lagMs / 1_000).toFixed(1)} s behind`, 'yellow'];
}
