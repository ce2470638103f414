import { expect, it } from 'vitest';
import { layOutTable } from '../../cli/output/table.ts';
import { bodyLines, statusLine, tabLine } from '../../cli/tui/frame/frameLines.ts';
import { slotOf, withSlot, push } from '../../cli/tui/frame/state.ts';
import { plain } from '../../cli/tui/frame/text/style.ts';
import { ACTIVITY_FEED, ACTIVITY_NAMES } from '../../cli/tui/panes/activity/read.ts';
import { ACTIVITY } from '../../cli/tui/panes/activity/state.ts';
import { KEYS } from '../../cli/tui/panes/keys/state.ts';
import { secretScreen } from '../../cli/tui/screens/secret/secretScreen.ts';
import { keyRow, TuiByHand } from './stateWorld.ts';
import { screenSvg } from './screenSvg.ts';

const bodyOf = (tui: TuiByHand) => bodyLines(tui.state, plain).join('\n');

it('activity shows keys by their names, those that are not in memory are looked up once [tui-activity]', () => {
  const tui = new TuiByHand([], { columns: 120, rows: 24 });
  tui.press('3');
  const id = '00000000-0000-7000-8000-000000000007';
  const news = [{ id: '1', type: 'key_changed' as const, at: '2026-11-01T12:00:00.000Z', key: id, data: {} }];
  const asked = tui.dispatch({ type: 'news', feed: ACTIVITY_FEED, news });
  expect(asked).toEqual([{ effect: 'read', source: ACTIVITY_NAMES, query: { ids: [id] } }]);
  expect(tui.dispatch({ type: 'news', feed: ACTIVITY_FEED, news })).toEqual([]);
  const result = new Map([[id, 'laptop of anna']]);
  expect(tui.dispatch({ type: 'read', source: ACTIVITY_NAMES, query: { ids: [id] }, result })).toEqual([]);
  expect(bodyOf(tui)).toContain('laptop of anna');
  expect(slotOf(tui.state, ACTIVITY).isNaming).toBe(false);
});

it('the keys pane tells how many there are, how many were used and how many end soon, where there is room [tui-sizes]', () => {
  const tui = new TuiByHand([keyRow(0)], { columns: 120, rows: 24 });
  tui.state = withSlot(tui.state, KEYS, { totals: { keys: 503, used: 3, expiring: 12 } });
  expect(tabLine(tui.state, plain)).toMatch(/ {2}503 keys, 3 used today, 12 expire this week {2}MetaMCP 1\.2\.3$/);
  tui.dispatch({ type: 'resized', columns: 60, rows: 24 });
  expect(tabLine(tui.state, plain)).not.toContain('503');
});

it('a new key comes with one client at a time, whose configuration is copied as one piece [tui-secret-once]', () => {
  const tui = new TuiByHand([]);
  const long = `{"url":"${'x'.repeat(200)}"}`;
  const configurations = [
    { client: 'One', where: 'one.json', text: '{"one":1}', next: 'Start it anew.' },
    { client: 'Two', where: undefined, text: long, next: 'Run it.' },
  ];
  tui.state = push(tui.state, secretScreen({ apiKey: 'mcp_secret', configurations, message: 'done' }));
  expect(bodyOf(tui)).toMatch(/‹ One \(one\.json\) › {2}1 of 2\n\{"one":1\}/);
  tui.press('right');
  expect(bodyOf(tui)).toContain('‹ Two ›  2 of 2');
  expect(bodyOf(tui)).not.toContain('{"one":1}');
  expect(tui.press('Y')).toEqual([{ effect: 'copy', text: long }]);
  tui.press('right');
  expect(bodyOf(tui)).toContain('‹ One');
});

it('the status line tells what to do when something is down [tui-sizes]', () => {
  const tui = new TuiByHand([], { columns: 120, rows: 24 });
  const health = { database: 'up', eventStore: 'up', gateway: 'down', lagMs: 0, stopped: undefined } as const;
  tui.dispatch({ type: 'healthRead', health });
  expect(statusLine(tui.state, plain)).toContain('gateway ✗ down  tables ✓  Start the gateway');
});

it('numbers stand under each other at their ends [tui-sizes]', () => {
  const columns = [{ title: 'NAME' }, { title: 'CALLS', align: 'right' as const }];
  const rows = [['a', '1,234'].map((text) => ({ text })), ['b', '5'].map((text) => ({ text }))];
  const table = layOutTable(columns, rows, { width: 40, paint: (_style, text) => text });
  expect(rows.map((row) => table.row(row))).toEqual(['a     1,234', 'b         5']);
});

it('a screen becomes a picture with its colours, and nothing in it is markup', () => {
  const svg = screenSvg('\u001b[1ma <b>\u001b[0m\u001b[31mred\u001b[39m \u001b[7mrow\u001b[0m\n', 20, 'a & b');
  expect(svg).toContain('<title>a\u00a0&amp;\u00a0b</title>');
  expect(svg).toContain('font-weight="bold">a\u00a0&lt;b&gt;</text>');
  expect(svg).toContain('fill="#f07178">red</text>');
  expect(svg).toMatch(/<rect [^>]*fill="#d8dee9"\/><text [^>]*fill="#1e222a">row</);
});
