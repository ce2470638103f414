import { describe, expect, it } from 'vitest';
import { bodyLines } from '../../cli/tui/frame/frameLines.ts';
import { plain } from '../../cli/tui/frame/text/style.ts';
import { addServerForm, editServerForm } from '../../cli/tui/panes/servers/forms.ts';
import { complaintsOf, typeInForm, type Form } from '../../cli/tui/screens/form/form.ts';
import type { Change } from '../../cli/tui/screens/change/change.ts';
import { newServer, revised } from '../../cli/tui/screens/change/serverDraft.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import type { ServerOnScreen } from '../../src/projections/tables/mcpServers.ts';
import { NOW, TuiByHand } from './stateWorld.ts';

const labels = (form: Form) => form.spec.fields.map(({ label }) => label);

/** Presses keystrokes; what is no keystroke is typed. */
function press(form: Form, ...keystrokes: string[]): Form {
  return keystrokes.reduce((before, keystroke) => typeInForm(before, keystroke) ?? before, form);
}

/** Types into fields, one after the other. */
function fill(form: Form, ...texts: string[]): Form {
  return texts.reduce((before, text) => press(before, ...text, 'tab'), form);
}

function draftOf(form: Form) {
  const change = form.spec.submit(form.values, NOW).input as Extract<
    Change,
    { command: 'registerServer' | 'updateServer' }
  >;
  return change.draft;
}

const row: ServerOnScreen = {
  name: 'files',
  id: 'x',
  title: null,
  description: 'Old',
  transport: 'stdio',
  url: null,
  command: 'npx',
  args: ['-y', 'a server', "it's", ''],
  cwd: '/srv',
  isolation: 'key',
  limits: { ...DEFAULT_LIMITS, openFiles: 99 },
  timeouts: DEFAULT_TIMEOUTS,
  onToolChange: null,
  status: 'enabled',
  createdAt: new Date(NOW),
  updatedAt: new Date(NOW),
  revision: 3,
  fault: null,
};

describe('the form of a new server', () => {
  it('asks for a URL or for a command, as the transport wants, and forgets nothing that was typed [tui-server-forms]', () => {
    const http = fill(addServerForm(), 'files');
    expect(labels(http)).toEqual(['Name', 'Transport', 'URL', 'Title', 'About', 'Header', 'Value']);
    const typed = fill(press(http, 'tab'), 'https://x.example/mcp', 'Files');
    const stdio = press({ ...typed, at: 1, cursor: 0 }, 'right', 'right');
    expect(stdio.values['transport']).toBe('stdio');
    expect(labels(stdio)).toEqual([
      'Name',
      'Transport',
      'Command',
      'Folder',
      'Title',
      'About',
      'Variable',
      'Value',
      'Isolation',
    ]);
    expect(stdio.spec.fields[stdio.at]?.name).toBe('transport');
    const back = press(stdio, 'right');
    expect(back.values).toMatchObject({ transport: 'http', url: 'https://x.example/mcp', title: 'Files' });
    expect(labels(back)).toEqual(labels(http));
  });

  it('makes a program with its folder and a variable of it, read as a shell would [tui-server-forms]', () => {
    const chosen = press(fill(addServerForm(), 'files'), 'right', 'right', 'tab');
    const form = fill(chosen, `npx -y "a server" it\\'s ''`, '/srv', '', '', 'API_KEY', 'hush');
    expect(complaintsOf(form, NOW)).toEqual({ value: undefined });
    const { settings, secrets } = newServer(draftOf(form));
    expect(settings).toMatchObject({
      transport: 'stdio',
      command: 'npx',
      args: ['-y', 'a server', "it's", ''],
      cwd: '/srv',
    });
    expect(settings).not.toHaveProperty('url');
    expect(secrets).toEqual({ headers: {}, env: { API_KEY: 'hush' } });
  });

  it('shows where a program is to run: at first where the user is, as on the command line [tui-server-forms]', () => {
    const by = new TuiByHand([]);
    by.state = { ...by.state, cwd: '/home/anna' };
    by.press('2', 'c', ...'files', 'tab', 'right', 'right');
    expect(bodyLines(by.state, plain).join('\n')).toMatch(/Folder +\/home\/anna/);
    const chosen = press(fill(addServerForm('/home/anna'), 'files'), 'right', 'right', 'tab');
    expect(newServer(draftOf(fill(chosen, 'npx'))).settings).toMatchObject({ cwd: '/home/anna' });
    expect(newServer(draftOf(fill(chosen, 'npx', '/work'))).settings).toMatchObject({ cwd: '/work' });
    const http = fill(press(fill(addServerForm('/home/anna'), 'files'), 'tab'), 'https://x.example/mcp');
    expect(newServer(draftOf(http)).settings).not.toHaveProperty('cwd');
  });

  it('tells at each field what is wrong [tui-server-forms]', () => {
    const chosen = press(fill(addServerForm(), 'files'), 'right', 'right', 'tab');
    expect(complaintsOf(chosen, NOW)['command']).toContain('needs a command');
    expect(complaintsOf(fill(chosen, 'npx', 'srv'), NOW)['cwd']).toContain('must begin with /');
    expect(complaintsOf(fill(chosen, 'npx', '', '', '', 'A=B', 'x'), NOW)['variable']).toBeDefined();
    expect(complaintsOf(fill(chosen, 'npx', '', '', '', '', 'x'), NOW)['value']).toContain('Which variable');
    const sse = press(fill(addServerForm(), 'old'), 'right', 'tab');
    expect(complaintsOf(sse, NOW)['url']).toBeDefined();
    expect(draftOf(fill(sse, 'https://x.example/sse'))).toMatchObject({ transport: 'sse' });
  });
});

describe('the form of a server that is there', () => {
  const current = {
    settings: {
      transport: 'stdio' as const,
      command: 'npx',
      args: ['-y'],
      isolation: 'key' as const,
      limits: row.limits,
      timeouts: DEFAULT_TIMEOUTS,
    },
    secrets: { headers: {}, env: { A: '1', B: '2' } },
  };

  it('shows a program as it would be typed, and gives it back [tui-server-forms]', () => {
    const form = editServerForm(row);
    expect(form.values['command']).toBe(String.raw`npx -y 'a server' 'it'\''s' ''`);
    expect(revised(current, draftOf(form)).settings).toEqual({
      transport: 'stdio',
      command: 'npx',
      args: ['-y', 'a server', "it's", ''],
      cwd: '/srv',
      description: 'Old',
      isolation: 'key',
      limits: row.limits,
      timeouts: DEFAULT_TIMEOUTS,
    });
  });

  it('drops variables, and turns it into one with a URL [tui-server-forms]', () => {
    const form = press(editServerForm(row), 'right', 'tab');
    const moved = { ...form, values: { ...form.values, url: 'https://x.example/mcp', drop: 'A, B' } };
    expect(complaintsOf(moved, NOW)).toEqual({ value: undefined });
    const { settings, secrets } = revised(current, draftOf(moved));
    expect(settings).toMatchObject({ transport: 'http', url: 'https://x.example/mcp' });
    expect(settings).not.toHaveProperty('command');
    expect(secrets).toEqual({ headers: {}, env: {} });
  });
});
