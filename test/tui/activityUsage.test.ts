import { describe, expect, it } from 'vitest';
import type { FeedEvent } from '../../src/feed/feedEvent.ts';
import { bodyLines, statusLine } from '../../cli/tui/frame/frameLines.ts';
import { plain } from '../../cli/tui/frame/text/style.ts';
import { ACTIVITY_FEED, FORMER_CHANGES } from '../../cli/tui/panes/activity/read.ts';
import type { FormerChange } from '../../cli/tui/panes/activity/shownEvents.ts';
import { USAGE_ROWS } from '../../cli/tui/panes/usage/read.ts';
import type { NamedUsage } from '../../cli/tui/panes/usage/state.ts';
import { NOW, TuiByHand } from './stateWorld.ts';

const KEY = '00000000-0000-7000-8000-000000000001';
let count = 0;

function call(tool: string, error?: 'upstream'): FeedEvent {
  const ended = { outcome: error ?? 'ok', status: 200, duration_ms: 12.34, bytes_in: 10, bytes_out: 20 };
  return {
    id: String((count += 1)),
    at: new Date(NOW - 1_000).toISOString(),
    type: 'mcp_tool_executed',
    server: 'github',
    key: KEY,
    data: { tool, ...ended, ...(error !== undefined && { error }) },
  };
}

function activity(size = { columns: 120, rows: 24 }) {
  const tui = new TuiByHand([], size);
  tui.press('3');
  const news = (...events: FeedEvent[]) => {
    const source = {
      type: 'activity_source' as const,
      at: new Date(NOW).toISOString(),
      data: { source: 'gateway' as const, url: '' },
    };
    tui.dispatch({ type: 'news', feed: ACTIVITY_FEED, news: [source, ...events] });
  };
  return { tui, news, body: () => bodyLines(tui.state, plain).join('\n') };
}

describe('Activity', () => {
  it('has one line for a failed call, counts it in the status line, and shows the call on Enter [tui-activity]', () => {
    const { tui, news, body } = activity();
    const error: FeedEvent = {
      id: 'e',
      at: new Date(NOW).toISOString(),
      type: 'error',
      server: 'github',
      key: KEY,
      data: { code: 'upstream', tool: 'search' },
    };
    news(call('search', 'upstream'), error, call('read'));
    expect(body().match(/search/g)).toHaveLength(1);
    expect(statusLine(tui.state, plain)).toContain('0.2 calls/s, 1 failure/min');
    tui.press('j', 'enter');
    expect(body()).toMatch(/Tool +search[^]*Outcome +upstream[^]*Duration +12\.3 ms[^]*Server +github/);
  });

  const changed = (revision: number): FeedEvent => ({
    id: String((count += 1)),
    at: new Date(NOW + revision).toISOString(),
    type: 'key_changed',
    key: KEY,
    data: { stream: `apiKey-${KEY}`, revision },
  });

  it('has one line for a change that the gateway tells of twice, and one for each of a moment [tui-activity] [tui-activity-once]', () => {
    const { tui, news, body } = activity();
    news(changed(1), call('read'), changed(1));
    news(changed(1));
    expect(body().match(/key changed/g)).toHaveLength(1);
    news(changed(2), changed(3));
    expect(body().match(/key changed/g)).toHaveLength(3);
    tui.press('p');
    news(changed(2), changed(4), changed(4));
    expect(body()).toContain('since then 1 more');
    tui.press('p');
    expect(body().match(/key changed/g)).toHaveLength(4);
  });

  const former = (revision: number, at = NOW + revision, key = KEY): FormerChange => ({
    type: 'former_change',
    id: `event-${key}-${revision}`,
    at: new Date(at).toISOString(),
    key,
    data: { event: 'ApiKeyLabelled', actor: 'cli:ann', stream: `apiKey-${key}`, revision },
  });
  const take = (tui: TuiByHand, ...result: FormerChange[]) =>
    tui.dispatch({ type: 'read', source: FORMER_CHANGES, query: undefined, result });
  const linesOf = (body: string) => body.match(/key changed|key labelled|read/g);

  it('has one line for a change that is in the history and comes live, whichever is first, all by time [tui-activity-once]', () => {
    const { tui, news, body } = activity();
    news(changed(3));
    // One that is newer than the oldest live one, and was not told live, is no repeat of it.
    take(tui, former(5), former(4), former(3), former(2));
    expect(linesOf(body())).toEqual(['key labelled', 'key labelled', 'key changed', 'key labelled']);
    news(changed(4), changed(6));
    expect(linesOf(body())).toEqual(['key changed', 'key labelled', 'key changed', 'key changed', 'key labelled']);
    // The cursor stays on its event when one above it comes or goes.
    tui.press('j', 'j', 'j');
    news(changed(5));
    expect(linesOf(body())).toEqual(Array.from({ length: 4 }, () => 'key changed').concat('key labelled'));
    expect(body()).toContain('4 of 5');
  });

  it('has a change from before it came live above a call that was earlier, and the live one in its place [tui-activity-once]', () => {
    const { tui, news, body } = activity();
    news({ ...call('read'), at: new Date(NOW + 10_000).toISOString() });
    take(tui, former(1, NOW + 11_000), former(0, NOW + 9_000));
    expect(linesOf(body())).toEqual(['key labelled', 'read', 'key labelled']);
    news({ ...changed(1), at: new Date(NOW + 11_005).toISOString() });
    expect(linesOf(body())).toEqual(['key changed', 'read', 'key labelled']);
    tui.press('p');
    news({ ...changed(0), at: new Date(NOW + 11_010).toISOString() });
    expect(linesOf(body())).toEqual(['key changed', 'read', 'key labelled']);
    tui.press('p');
    expect(linesOf(body())).toEqual(['key changed', 'key changed', 'read']);
  });

  it.each(['history', 'live'])(
    'has one line for a change whose place is not told, when the %s is first [tui-activity-once]',
    (first) => {
      const { tui, news, body } = activity();
      const other = KEY.replace(/1$/, '2');
      const comes = () => {
        news({ id: 'unplaced', at: new Date(NOW).toISOString(), type: 'key_changed', key: KEY, data: {} });
      };
      if (first === 'live') comes();
      // Of these, one is of another key, one was just before that change, and one was long before it.
      take(tui, former(7, NOW - 20, other), former(3, NOW - 30), former(2, NOW - 40), former(1, NOW - 60_000));
      if (first === 'history') comes();
      expect(linesOf(body())).toEqual(['key changed', ...Array.from({ length: 3 }, () => 'key labelled')]);
      news(call('read'));
      expect(linesOf(body())).toHaveLength(5);
    },
  );

  it('is paused, and goes on with what has come since [tui-activity]', () => {
    const { tui, news, body } = activity();
    news(call('first'));
    tui.press('p');
    news(call('second'), call('third'));
    expect(body()).toMatch(/Paused; since then 2 more[^]*first/);
    expect(body()).not.toContain('second');
    tui.press('p');
    expect(body()).toMatch(/third[^]*second[^]*first/);
  });

  it('is filtered by words [tui-activity]', () => {
    const { tui, news, body } = activity();
    news(call('search'), call('read'), call('search'));
    tui.press('/');
    tui.type('read');
    expect(body()).toMatch(/read/);
    expect(body()).not.toContain('search ');
    tui.press('enter', 'esc');
    expect(body()).toContain('search');
  });
});

describe('Usage', () => {
  const row = (name: string, calls: number, failed: number, more: Partial<NamedUsage> = {}): NamedUsage => ({
    name,
    keyId: undefined,
    server: undefined,
    method: undefined,
    tool: undefined,
    time: undefined,
    calls,
    failed,
    errors: { client: 0, timeout: 0, upstream: failed, cut: 0, answer: 0, refused: 0 },
    outcomes: {},
    bytesIn: 1,
    bytesOut: 2,
    latency: undefined,
    lastUsedAt: undefined,
    ...more,
  });

  function usage(rows: readonly NamedUsage[]) {
    const tui = new TuiByHand([], { columns: 120, rows: 24 });
    const answer = (found: readonly NamedUsage[]) => {
      const asked = tui.effects.findLast((effect) => effect.effect === 'read' && effect.source === USAGE_ROWS);
      if (asked?.effect !== 'read') throw new Error('nothing was asked for');
      tui.dispatch({ type: 'read', source: USAGE_ROWS, query: asked.query, result: { rows: found, trend: [0, 1, 4] } });
      return asked.query;
    };
    tui.press('5');
    answer(rows);
    return { tui, answer, body: () => bodyLines(tui.state, plain).join('\n') };
  }

  it('has a total, bars and a trend, and is sorted by s [tui-usage] [tui-sort]', () => {
    const { tui, body } = usage([row('a', 8, 0), row('b', 2, 2)]);
    expect(body()).toMatch(/by key: 10, 2 failed.*\.▃█/);
    expect(body()).toMatch(/a +8 +▇{16} +0[^]*b +2 +▇{4} +2/);
    tui.press('s');
    expect(body()).toMatch(/FAILED ▼[^]*b +2[^]*a +8/);
  });

  it('opens a key by tool, and a tool by hour, and leads back [tui-usage]', () => {
    const { tui, answer, body } = usage([row('laptop', 8, 0, { keyId: KEY })]);
    tui.press('enter');
    expect(answer([row('github · search', 8, 0, { server: 'github', tool: 'search' })])).toMatchObject({
      group: 'tool',
      scopes: [{ keyId: KEY }],
    });
    expect(body()).toContain('Calls of laptop, the last 24 h, by tool');
    tui.press('enter');
    expect(answer([])).toMatchObject({ group: 'hour', scopes: [{ keyId: KEY }, { server: 'github', tool: 'search' }] });
    expect(tui.press('Y')).toEqual([
      { effect: 'copy', text: `metamcp-cli usage --by hour --last 24h --key ${KEY} --server github --tool search` },
    ]);
    tui.press('esc', 'esc');
    expect(answer([])).toMatchObject({ group: 'key', scopes: [] });
  });

  it('opens a tool by who used it, and a key of those by hour; yesterday is a day of UTC [tui-usage]', () => {
    const { tui, answer, body } = usage([row('laptop', 8, 0, { keyId: KEY })]);
    tui.press('w');
    expect(answer([])).toMatchObject({ range: 'yesterday' });
    tui.press('b', 'b');
    answer([row('github · search', 8, 0, { server: 'github', tool: 'search' })]);
    expect(body()).toContain('Calls, yesterday (UTC), by tool');
    tui.press('enter');
    expect(answer([row('laptop', 8, 0, { keyId: KEY })])).toMatchObject({ group: 'key', scopes: [{ tool: 'search' }] });
    expect(tui.press('Y')).toEqual([
      {
        effect: 'copy',
        text: 'metamcp-cli usage --by key --from 2026-10-31T00:00:00.000Z --to 2026-11-01T00:00:00.000Z --server github --tool search',
      },
    ]);
    tui.press('enter');
    expect(answer([])).toMatchObject({ group: 'hour', scopes: [{ tool: 'search' }, { keyId: KEY }] });
  });
});
