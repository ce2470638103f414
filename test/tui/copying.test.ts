import { describe, expect, it } from 'vitest';
import { push } from '../../cli/tui/frame/state.ts';
import { PANES } from '../../cli/tui/panes/panes.ts';
import { commandOf } from '../../cli/tui/screens/change/commandOf.ts';
import { formScreen } from '../../cli/tui/screens/form/formScreen.ts';
import { toolForm } from '../../cli/tui/screens/tool/toolForm.ts';
import { keyRow, NOW, TuiByHand } from './stateWorld.ts';

const copied = (tui: TuiByHand, keystroke: string) =>
  tui.press(keystroke).flatMap((effect) => (effect.effect === 'copy' ? [effect.text] : []));

describe('Y', () => {
  it('copies the command that does the same, in every pane, on screens, and as Ctrl-Y in forms [tui-copies]', () => {
    const tui = new TuiByHand([keyRow(1, { name: 'laptop' })]);
    const commands = PANES.map((_, at) => {
      tui.press(String(at + 1));
      return copied(tui, 'Y')[0];
    });
    expect(commands).toEqual([
      'metamcp-cli keys list --include-inactive',
      'metamcp-cli servers list',
      'metamcp-cli audit tail --follow',
      'metamcp-cli audit tail --lines 200',
      'metamcp-cli usage --by key --last 24h',
      'metamcp-cli roles list',
    ]);
    expect(tui.state.notice?.text).toContain('roles list');
    tui.press('1', 'enter');
    expect(copied(tui, 'Y')).toEqual(['metamcp-cli keys show 00000001']);
    tui.press('x');
    tui.type("it's lost");
    expect(copied(tui, 'ctrl-y')).toEqual([`metamcp-cli keys inactivate 00000001 --reason 'it'\\''s lost'`]);
    tui.press('esc', 'esc', 'c');
    // Nothing while something is wrong.
    expect(copied(tui, 'ctrl-y')).toEqual([]);
    tui.type('ci');
    expect(copied(tui, 'ctrl-y')).toEqual([
      "metamcp-cli keys create --name ci --scope mcp --scope servers:read --grant '*'",
    ]);
  });

  it('has the filter that the list has [tui-copies]', () => {
    const tui = new TuiByHand([keyRow(1, { name: 'laptop', owner: 'bob' })]);
    tui.press('/');
    tui.type('bob team=search');
    tui.press('enter');
    expect(copied(tui, 'Y')).toEqual(["metamcp-cli keys list --include-inactive --match 'bob team=search'"]);
  });

  it('has the access of a key that gets roles alone, and the undo of an event [tui-copies] [tui-roles]', () => {
    const key = { ...keyRow(1), scopes: ['mcp'], grants: ['a', 'b'] };
    const access = { scopes: [], grants: [], roles: ['engineering'], expiresAt: undefined };
    expect(commandOf({ command: 'changeAccess', key, access, ifMatch: 0 }, NOW)).toEqual(
      'keys access 00000001 --role engineering --limit none --network none --remove-scope mcp --remove-grant a --remove-grant b --never-expires'.split(
        ' ',
      ),
    );
    const role = { scopes: ['mcp' as const], grants: ['a'] };
    expect(commandOf({ command: 'changeRole', name: 'ops', role, ifMatch: 0, reason: 'x' }, NOW)).toEqual([
      'roles',
      'access',
      'ops',
      '--description',
      '',
      '--scope',
      'mcp',
      '--grant',
      'a',
      '--reason',
      'x',
    ]);
  });

  it('has a call of a tool as it would be typed [tui-copies]', () => {
    const tui = new TuiByHand([]);
    const inputSchema = { type: 'object', properties: { q: { type: 'string' }, n: { type: 'integer' } } };
    tui.state = push(tui.state, formScreen(toolForm('github', { name: 'search', inputSchema })));
    tui.type('two words');
    tui.press('tab', '7');
    expect(copied(tui, 'ctrl-y')).toEqual([`metamcp-cli tools call github search 'q=two words' n=7`]);
  });

  it('has no secret of a server in its command: the CLI asks for it [tui-copies]', () => {
    const draft = {
      transport: 'http' as const,
      url: 'https://a.example/mcp',
      title: '',
      description: '',
      headers: { Authorization: 'Bearer secret' },
      drop: [],
    };
    const words = commandOf({ command: 'registerServer', name: 'a', draft }, NOW);
    expect(words).toEqual(['servers', 'add', 'a', '--url', 'https://a.example/mcp', '--header', 'Authorization: @-']);
  });
});

describe('y', () => {
  it('copies the id of a key, in the list and on its screen [tui-copies]', () => {
    const row = keyRow(1);
    const tui = new TuiByHand([row]);
    expect(copied(tui, 'y')).toEqual([row.id]);
    tui.press('enter');
    expect(copied(tui, 'y')).toEqual([row.id]);
  });
});
