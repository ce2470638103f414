import { escape } from '../../../src/escape.ts';
import { withCliName } from '../../../src/cliName.ts';
import { displayWidth, truncate } from '../../output/width.ts';
import { linesWithDetail, showsDetail } from './detail.ts';
import type { Health, Notice, Screen, State } from './model.ts';
import { groupsOn, showKeystroke } from './shortcuts.ts';
import { bodyHeight, openPane, topScreen } from './state.ts';
import { marked, MARKS, type Mark } from './text/marked.ts';
import type { TuiPaint, TuiStyle } from './text/style.ts';

/** Names the panes, and which one is open; on narrow terminals the others have their numbers only. */
export function tabLine(state: State, paint: TuiPaint): string {
  const { panes, size, version } = state;
  const shownPane = paneShown(state);
  const tabs = (isShort: boolean) =>
    panes.map(({ name, title }, at) => {
      const text = `${at + 1} ${title}`;
      if (name === shownPane) return { text: `[${text}]`, isOpen: true };
      return { text: isShort ? ` ${at + 1} ` : ` ${text} `, isOpen: false };
    });
  const widthOf = (all: ReturnType<typeof tabs>) => displayWidth(all.map(({ text }) => text).join(''));
  const shown = widthOf(tabs(false)) <= size.columns ? tabs(false) : tabs(true);
  const line = shown.map(({ text, isOpen }) => (isOpen ? paint('bold', text) : text)).join('');
  const brand = `MetaMCP ${version}`;
  // Of now: it would be wrong over another pane, or over the past.
  const summary = shownPane === state.pane ? openPane(state)?.summary?.(state) : undefined;
  // What the pane comes to is worth more than our name.
  const asides = summary === undefined ? [brand] : [`${summary}  ${brand}`, summary, brand];
  const room = size.columns - widthOf(shown) - 2;
  const aside = asides.find((each) => displayWidth(each) <= room);
  if (aside === undefined) return line;
  return line + ' '.repeat(size.columns - widthOf(shown) - displayWidth(aside)) + paint('dim', aside);
}

/** The pane whose things are shown. */
function paneShown(state: State): string {
  const top = topScreen(state);
  return top?.kind.pane?.(top.content) ?? state.pane;
}

/** The tabs for a screen reader: the open pane, and then all of them. */
export function spokenTabs(state: State): string {
  const { panes } = state;
  return `Pane ${paneShown(state)}. There are: ${panes.map(({ name }, at) => `${at + 1} ${name}`).join(', ')}.`;
}

/** Shows what has happened, or what is being typed or waited for. */
export function noticeLine(state: State, paint: TuiPaint): string {
  const { notice, work, filtering, size, leaving, nowMs, programName } = state;
  if (leaving !== undefined) {
    const what = work.map(({ message }) => message).join(', ');
    return paint('bold', truncate(`${what}: leaving when it is done. Ctrl-C leaves at once.`, size.columns));
  }
  const [first] = work;
  if (first !== undefined) {
    const seconds = Math.max(0, Math.floor((nowMs - first.sinceMs) / 1_000));
    return paint('bold', truncate(`${first.message} … ${seconds > 0 ? `${seconds} s` : ''}`, size.columns));
  }
  if (filtering !== undefined && topScreen(state) === undefined) {
    return truncate(`/${shownInput(filtering.text)}▏`, size.columns);
  }
  if (notice === undefined) return '';
  const mark = NOTICE_MARKS[notice.tone];
  const text = withCliName(notice.text, programName).replace(/\s*\n\s*/g, ' ');
  if (text === '') return '';
  return marked(truncate(`${mark[0]} ${text}`, size.columns), mark, paint);
}

const NOTICE_MARKS: Readonly<Record<Notice['tone'], Mark>> = {
  done: MARKS.good,
  warning: MARKS.warning,
  error: MARKS.error,
};

function shownInput(text: string): string {
  return text.replace(/\p{C}/gu, '');
}

/** Names the shortcuts that hold where the user is, as many as fit. */
export function hintLine(state: State, paint: TuiPaint): string {
  const hints = groupsOn(topScreen(state), state).flatMap(({ shortcuts }) =>
    shortcuts.flatMap(({ keystrokes, hint }) =>
      hint === undefined ? [] : [{ keystroke: showKeystroke(keystrokes[0] ?? ''), hint }],
    ),
  );
  // The shortcut that shows all the others is always there.
  const help = hints.find(({ keystroke }) => keystroke === '?');
  let room = state.size.columns - (help === undefined ? 0 : width(help) + 2);
  const shown = hints.filter((each) => {
    if (each === help) return true;
    if (width(each) > room) return false;
    room -= width(each) + 2;
    return true;
  });
  return shown.map(({ keystroke, hint }) => `${paint('bold', keystroke)} ${paint('dim', hint)}`).join('  ');
}

function width({ keystroke, hint }: { readonly keystroke: string; readonly hint: string }): number {
  return displayWidth(keystroke) + 1 + displayWidth(hint);
}

/** Shows whether gateway and stores can be reached, and how far the read tables are. */
export function statusLine(state: State, paint: TuiPaint): string {
  const { health, size } = state;
  const { gatewayUrl = '', gatewayVersion = '' } = health;
  const long = statusParts(health, ['database', 'events', 'gateway', 'tables']);
  const remedy = remedyOf(health);
  const gateway: Part[] = gatewayUrl === '' ? [] : [[escape(`${gatewayUrl} ${gatewayVersion}`.trim()), 'dim']];
  const more = state.panes.flatMap((pane): Part[] => {
    const text = pane.status?.(state);
    return text === undefined ? [] : [[text, 'dim']];
  });
  const help: Part[] = remedy === undefined ? [] : [[remedy, 'bold']];
  // What is wrong is worth most, then what to do about it, then how much there is to do.
  const short = statusParts(health, ['db', 'ev', 'gw', 'tab']);
  const terse = short.map(([text, style]): Part => [text.replace(' down', ''), style]);
  const choices = [
    [...long, ...help, ...more, ...gateway],
    [...long, ...help, ...more],
    [...long, ...help],
    [...short, ...help],
    [...terse, ...help],
    long,
  ];
  const parts = choices.find((each) => lengthOf(each) <= size.columns) ?? short;
  let room = size.columns;
  // Only what has stopped can be longer than a line.
  const shown = parts.flatMap(([text, style]) => {
    const part = room > 0 ? truncate(text, room) : '';
    room -= displayWidth(part) + 2;
    return part === '' ? [] : [paint(style, part)];
  });
  return shown.join('  ');
}

/** What to do about the first thing that is down. */
function remedyOf({ database, eventStore, gateway }: Health): string | undefined {
  if (database === 'down') return 'Start PostgreSQL, or correct DATABASE_URL.';
  if (eventStore === 'down') return 'Start the event store, or correct EVENT_STORE_URL.';
  return gateway === 'down' ? 'Start the gateway, or correct SERVER_PORT.' : undefined;
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
    ...lagParts(tables, health),
  ];
}

function part(name: string, status: Health['database']): Part {
  if (status === 'up') return [`${name} ✓`, 'green'];
  return status === 'down' ? [`${name} ✗ down`, 'red'] : [`${name} …`, 'dim'];
}

function lagParts(name: string, { lagMs, stopped }: Health): Part[] {
  if (stopped !== undefined) {
    return [
      [`${name} ✗`, 'red'],
      [stopped, 'bold'],
    ];
  }
  if (lagMs === undefined) return [[`${name} …`, 'dim']];
  return [lagMs === 0 ? [`${name} ✓`, 'green'] : [`${name} ${(lagMs / 1_000).toFixed(1)} s behind`, 'yellow']];
}

/** The whole screen, line by line: tabs, body, a notice, the shortcuts that hold, the state of things. */
export function screenLines(state: State, paint: TuiPaint): readonly string[] {
  const body = bodyLines(state, paint);
  return [
    tabLine(state, paint),
    ...Array.from({ length: bodyHeight(state) }, (_, at) => body[at] ?? ''),
    noticeLine(state, paint),
    hintLine(state, paint),
    statusLine(state, paint),
  ];
}

/** Writes what the user looks at. */
export function bodyLines(state: State, paint: TuiPaint): readonly string[] {
  const top = topScreen(state);
  if (top === undefined) {
    const pane = openPane(state);
    if (pane === undefined) return [];
    return showsDetail(state) ? linesWithDetail(pane, state, paint) : pane.lines(state, paint);
  }
  return inView(top, top.kind.lines(top.content, state, paint), state, paint);
}

/** What fits of the lines of a screen; where some follow, the last line tells how many. */
function inView(top: Screen, lines: readonly string[], state: State, paint: TuiPaint): readonly string[] {
  const height = bodyHeight(state);
  const isScrolling = top.kind.scrolls === true;
  const first = isScrolling ? Math.min(top.top, Math.max(0, lines.length - height)) : 0;
  const more = lines.length - first - height;
  if (more <= 0) return lines.slice(first);
  // The line that this one takes the place of is one of them.
  const count = `… ${more + 1} lines more${isScrolling ? ': j goes down' : ', on a taller terminal'}`;
  return [...lines.slice(first, first + height - 1), paint('dim', truncate(count, state.size.columns))];
}
