import { displayWidth, truncate } from '../../output/width.ts';
import { contextsOf, KEYMAP, showKey } from '../keys.ts';
import { PANES, topScreen, type Health, type State } from '../state/state.ts';
import type { TuiPaint, TuiStyle } from '../style.ts';

/** Names the panes, and which one is open; on narrow terminals the others have their numbers only. */
export function tabLine({ pane, size, version }: State, paint: TuiPaint): string {
  const tabs = (isShort: boolean) =>
    PANES.map((each, at) => {
      const name = `${at + 1} ${each.slice(0, 1).toUpperCase()}${each.slice(1)}`;
      if (each === pane) return { text: `[${name}]`, isOpen: true };
      return { text: isShort ? ` ${at + 1} ` : ` ${name} `, isOpen: false };
    });
  const widthOf = (all: ReturnType<typeof tabs>) => displayWidth(all.map(({ text }) => text).join(''));
  const shown = widthOf(tabs(false)) <= size.columns ? tabs(false) : tabs(true);
  const line = shown.map(({ text, isOpen }) => (isOpen ? paint('bold', text) : text)).join('');
  const brand = `MetaMCP ${version}`;
  const gap = size.columns - widthOf(shown) - brand.length;
  return gap > 1 ? line + ' '.repeat(gap) + paint('dim', brand) : line;
}

/** Names the open pane, and then those there are. */
export function spokenTabs({ pane }: State): string {
  return `Pane ${pane}. There are: ${PANES.map((each, at) => `${at + 1} ${each}`).join(', ')}.`;
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
  // The key that shows all the others is always there.
  const help = hints.find(({ key }) => key === '?');
  let room = state.size.columns - (help === undefined ? 0 : width(help) + 2);
  const shown = hints.filter((each) => {
    if (each === help) return true;
    if (width(each) > room) return false;
    room -= width(each) + 2;
    return true;
  });
  return shown.map(({ key, hint }) => `${paint('bold', key)} ${paint('dim', hint)}`).join('  ');
}

function width({ key, hint }: { readonly key: string; readonly hint: string }): number {
  return displayWidth(key) + 1 + displayWidth(hint);
}

/** Says whether gateway and stores can be reached, and how far the read tables are. */
export function statusLine({ health, size }: State, paint: TuiPaint): string {
  const long = statusParts(health, ['database', 'events', 'gateway', 'tables']);
  const parts = lengthOf(long) <= size.columns ? long : statusParts(health, ['db', 'ev', 'gw', 'tab']);
  if (lengthOf(parts) > size.columns) return truncate(parts.map(([text]) => text).join('  '), size.columns);
  return parts.map(([text, style]) => paint(style, text)).join('  ');
}

type Part = readonly [string, TuiStyle];

function lengthOf(parts: readonly Part[]): number {
  return displayWidth(parts.map(([text]) => text).join('  '));
}

function statusParts(
  health: Health,
  [database, events, gateway, tables]: readonly [string, string, string, string],
): Part[] {
  return [
    part(database, health.database),
    part(events, health.eventStore),
    part(gateway, health.gateway),
    lagPart(tables, health),
  ];
}

function part(name: string, status: Health['database']): Part {
  if (status === 'up') return [`${name} ✓`, 'green'];
  return status === 'down' ? [`${name} ✗ down`, 'red'] : [`${name} …`, 'dim'];
}

function lagPart(name: string, { lagMs, stopped }: Health): Part {
  if (stopped !== undefined) return [`${name} ✗ ${stopped}`, 'red'];
  if (lagMs === undefined) return [`${name} …`, 'dim'];
  return lagMs === 0 ? [`${name} ✓`, 'green'] : [`${name} ${(lagMs / 1_000).toFixed(1)} s behind`, 'yellow'];
}
