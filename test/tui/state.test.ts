import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { compensationOf } from '../../cli/tui/state/compensation.ts';
import { bindingOf, contextsOf, KEYMAP } from '../../cli/tui/keys.ts';
import { helpLines } from '../../cli/tui/content/help.ts';
import { plain } from '../../cli/tui/style.ts';
import { bodyLines } from '../../cli/tui/views/body.ts';
import { topScreen } from '../../cli/tui/state/state.ts';
import { chosen, PAGE } from '../../cli/tui/state/window.ts';
import { keyNames } from '../../cli/tui/keyName.ts';
import { keyRow, NOW, TuiByHand } from './stateWorld.ts';

const many = (count: number) => Array.from({ length: count }, (_, at) => keyRow(at));
const NO_KEY = {} as Parameters<typeof keyNames>[1];

describe('a list of 10,000 keys', () => {
  it('reads only the pages that are shown, and keeps few of them [tui-windowed]', () => {
    const tui = new TuiByHand(many(10_000));
    const pagesRead = () => tui.effects.filter(({ effect }) => effect === 'readKeys').length;
    expect(pagesRead()).toBe(1);
    tui.press('G');
    expect(chosen(tui.state.keys)?.name).toBe('key 9999');
    expect(pagesRead()).toBe(2);
    for (let screens = 0; screens < 400; screens += 1) tui.press('ctrl-u');
    expect(tui.state.keys.pages.size).toBeLessThanOrEqual(6);
    tui.press('g');
    expect(chosen(tui.state.keys)?.name).toBe('key 0');
  });

  it('keeps the cursor on its key when keys are added before it [tui-live]', () => {
    const tui = new TuiByHand(many(300));
    tui.press('j', 'j', 'j');
    tui.rows.unshift(keyRow(1_000), keyRow(1_001));
    tui.dispatch({ type: 'changed' });
    expect(chosen(tui.state.keys)?.name).toBe('key 3');
    expect(tui.state.keys.cursor).toBe(5);
  });

  it('shows the old rows until the new ones have come [tui-live]', () => {
    const tui = new TuiByHand(many(3));
    const before = bodyLines(tui.state, plain);
    const answer = tui.dispatch.bind(tui);
    tui.dispatch = (action) => (action.type === 'keysRead' ? [] : answer(action));
    tui.dispatch({ type: 'changed' });
    expect(bodyLines(tui.state, plain)).toEqual(before);
  });

  it('filters as one types, and shows all again on Esc [tui-keyboard]', () => {
    const tui = new TuiByHand(many(50));
    tui.press('/');
    tui.type('key 4');
    expect(tui.state.keys.total).toBe(11);
    tui.press('enter', 'esc');
    expect(tui.state.keys.total).toBe(50);
  });

  test.prop([
    fc.array(fc.constantFrom('j', 'k', 'G', 'g', 'ctrl-d', 'ctrl-u'), { maxLength: 60 }),
    fc.integer({ min: 0, max: 350 }),
  ])('always has its cursor on a row that is shown [tui-windowed]', (keys, count) => {
    const tui = new TuiByHand(many(count));
    tui.press(...keys);
    const { cursor, top, total } = tui.state.keys;
    expect(cursor).toBeLessThan(Math.max(1, total ?? 0));
    expect(top).toBeLessThanOrEqual(cursor);
    expect(cursor - top).toBeLessThan(19);
    if (count > 0) expect(chosen(tui.state.keys)?.name).toBe(`key ${cursor}`);
    expect(tui.state.keys.pages.size).toBeLessThanOrEqual(Math.ceil(350 / PAGE) + 2);
  });
});

describe('forms', () => {
  it('say what is wrong as one types, and do nothing until it is mended [tui-forms]', () => {
    const tui = new TuiByHand([]);
    tui.press('c');
    expect(tui.press('ctrl-s')).toEqual([]);
    expect(bodyLines(tui.state, plain).join('\n')).toContain('A key needs a name.');
    tui.type('ci');
    tui.press('down', 'down', 'down', 'ctrl-u');
    tui.type('GitHub');
    expect(bodyLines(tui.state, plain).join('\n')).toContain('“GitHub” is no grant');
    tui.press('ctrl-u');
    tui.type('github:search_*');
    tui.press('down', 'ctrl-u');
    tui.type('90d');
    expect(tui.press('ctrl-s')).toMatchObject([
      {
        effect: 'run',
        command: {
          command: 'createKey',
          name: 'ci',
          access: {
            scopes: ['mcp', 'servers:read'],
            grants: ['github:search_*'],
            expiresAt: '2027-01-30T12:00:00.000Z',
          },
        },
      },
    ]);
  });

  it('run a command once, however often it is asked for [tui-nothing-half-done]', () => {
    const tui = new TuiByHand([]);
    tui.press('c');
    tui.type('once');
    expect(tui.press('ctrl-s', 'ctrl-s', 'enter').filter(({ effect }) => effect === 'run')).toHaveLength(1);
  });

  it('keep the answers when the command is refused [tui-forms]', () => {
    const tui = new TuiByHand([]);
    tui.press('c');
    tui.type('kept');
    tui.press('ctrl-s');
    tui.dispatch({ type: 'settled', work: 1, outcome: { ok: false, says: 'The stores are away.' } });
    const body = bodyLines(tui.state, plain).join('\n');
    expect(body).toContain('error: The stores are away.');
    expect(body).toContain('kept');
  });

  it('take a paste as text, and never as commands [tui-keyboard]', () => {
    const tui = new TuiByHand(many(3));
    expect(tui.dispatch({ type: 'pasted', text: 'cdxq' })).toEqual([]);
    expect(topScreen(tui.state)).toBeUndefined();
    tui.press('c');
    tui.dispatch({ type: 'pasted', text: 'pasted\nname' });
    expect(bodyLines(tui.state, plain).join('\n')).toContain('pasted name');
  });
});

describe('secrets', () => {
  it('are in the state only while they are on the screen [tui-secret-once]', () => {
    const tui = new TuiByHand([]);
    tui.press('c');
    tui.type('x');
    tui.press('ctrl-s');
    const issued = { id: 'id', name: 'x', apiKey: 'mcp_secret', configurations: [], said: 'done' };
    tui.dispatch({ type: 'settled', work: 1, outcome: { ok: true, says: 'done', issued } });
    expect(bodyLines(tui.state, plain).join('\n')).toContain('mcp_secret');
    expect(tui.press('y')).toEqual([{ effect: 'copy', text: 'mcp_secret' }]);
    tui.press('esc');
    expect(JSON.stringify(tui.state)).not.toContain('mcp_secret');
  });
});

describe('keys of the keyboard', () => {
  it('mean one thing in each place, and all of them are in the help [tui-keyboard]', () => {
    const places = [
      ...(['keys', 'servers', 'activity', 'audit', 'usage'] as const).map((pane) => contextsOf(undefined, pane)),
      ...(['key', 'server', 'catalogue', 'answer', 'timeline', 'secret', 'help', 'form'] as const).map((screen) =>
        contextsOf(screen, 'keys'),
      ),
    ];
    for (const contexts of places) {
      for (const context of contexts) {
        const keys = KEYMAP[context].flatMap((binding) => binding.keys);
        expect(keys).toEqual([...new Set(keys)]);
      }
      expect(bindingOf('ctrl-c', contextsOf('key', 'keys'))?.intent).toBe('leave');
    }
    const tui = new TuiByHand(many(1));
    tui.press('?');
    const help = helpLines(tui.state, plain).join('\n');
    for (const { says } of contextsOf(undefined, 'keys').flatMap((context) => KEYMAP[context]))
      expect(help).toContain(says);
  });

  it('are read one by one from a burst, also behind an Esc [tui-keyboard]', () => {
    expect(keyNames('jjG', NO_KEY)).toEqual(['j', 'j', 'G']);
    expect(keyNames('ab\r', NO_KEY)).toEqual(['a', 'b', 'enter']);
    expect(keyNames('q', { ...NO_KEY, meta: true })).toEqual(['esc', 'q']);
  });

  it('are found by what they do in the palette, in other panes, too [tui-palette]', () => {
    const tui = new TuiByHand(many(1));
    tui.press(':');
    tui.type('add a server');
    tui.press('enter');
    expect(tui.state.pane).toBe('servers');
    expect(bodyLines(tui.state, plain)[0]).toContain('Add a server');
  });
});

describe('what would make no sense', () => {
  it.each([
    ['r', 'inactive', 'activate it first'],
    ['x', 'inactive', 'inactive already'],
    ['a', 'active', 'not inactive'],
    ['d', 'deleted', 'final'],
  ] as const)('is refused before a form is filled in: %s on a key that is %s [tui-forms]', (key, status, why) => {
    const tui = new TuiByHand([keyRow(0, { status })]);
    tui.press(key);
    expect(topScreen(tui.state)).toBeUndefined();
    expect(tui.state.notice?.text).toContain(why);
  });
});

describe('undo', () => {
  const event = (revision: number, type: string, data: object = {}) => ({
    stream: 'apiKey-00000000-0000-7000-8000-000000000000',
    revision,
    position: String(revision),
    id: String(revision),
    type,
    at: new Date(NOW + revision),
    actor: 'cli:someone@somewhere',
    correlationId: 'c',
    data,
  });
  const before = { name: 'k', scopes: ['mcp'], grants: ['github'] };
  const created = event(0, 'ApiKeyCreated', before);

  it('gives a key the access that it had before the event [tui-undo]', () => {
    const rows = [created, event(1, 'ApiKeyAccessChanged', { scopes: ['mcp', 'audit:read'], grants: ['*'] })];
    const compensation = compensationOf(rows, 1);
    expect('command' in compensation && compensation.command(undefined)).toMatchObject({
      command: 'changeAccess',
      access: { scopes: ['mcp'], grants: ['github'] },
      ifMatch: 1,
    });
  });

  it('says why there is none after a deletion, a creation and a rotation [tui-undo]', () => {
    expect(compensationOf([created], 0)).toEqual({ none: expect.stringContaining('delete the key instead') });
    expect(compensationOf([created, event(1, 'ApiKeyRotated')], 1)).toEqual({
      none: expect.stringContaining('rotation'),
    });
    expect(compensationOf([created, event(1, 'ApiKeyInactivated'), event(2, 'ApiKeyDeleted')], 1)).toEqual({
      none: expect.stringContaining('final'),
    });
  });
});

describe('time', () => {
  it('leaves in the end when a command never ends, and says so [tui-nothing-half-done]', () => {
    const tui = new TuiByHand([]);
    tui.press('c');
    tui.type('stuck');
    tui.press('ctrl-s', 'ctrl-c');
    expect(tui.dispatch({ type: 'ticked', nowMs: NOW + 5_000 })).toEqual([]);
    expect(tui.dispatch({ type: 'ticked', nowMs: NOW + 11_000 })).toMatchObject([
      { effect: 'leave', code: 130, isUrgent: true, farewell: [expect.stringContaining('whole or not at all')] },
    ]);
  });
});
