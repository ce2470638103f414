import { fc, test } from '@fast-check/vitest';
import { parse as parseToml } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { CLIENTS } from '../../../cli/clients/client.ts';
import { CLIENT_NAMES } from '../../../cli/clients/clientNames.ts';
import { editFile } from '../../../cli/clients/editFile.ts';
import { parseJson } from '../../../cli/clients/jsonDocument.ts';
import { setMember } from '../../../cli/clients/jsonEdit.ts';
import { formatDiff, lineDiff } from '../../../cli/clients/lineDiff.ts';
import { setKeys } from '../../../cli/clients/tomlEdit.ts';
import { paintDiff } from '../../../cli/views/diffView.ts';

const URL = 'http://127.0.0.1:12009/mcp/github';

/** As VS Code's own files are: comments, trailing commas, tabs. */
const VSCODE = `{
\t// Servers of the team
\t"servers": {
\t\t"files": { "command": "npx", "args": ["-y", "files"] }, // local
\t\t/* the old one:
\t\t"github": { "url": "http://old" } */
\t},
\t"inputs": [
\t\t{ "type": "promptString", "id": "other" }, // asked once
\t],
}
`;

const CODEX = `# My settings
model = "o5"   # the good one

[mcp_servers.files]
command = "npx"
args = ["-y", "files"]

[mcp_servers.github] # by hand
startup_timeout_sec = 20
url = "http://127.0.0.1:12009/mcp/github"

[mcp_servers.github.http_headers]
X-Team = "blue"

[[hooks]]
text = """
[mcp_servers.github]
"""
`;

const DESKTOP =
  '{"mcpServers":{"files":{"command":"npx","args":["-y","files"],"env":{"TOKEN":"ghp_0123456789abcdefghij"}}},"theme":"dark"}';

describe('a client’s file', () => {
  it('of VS Code keeps comments, tabs and trailing commas [cli-connect]', () => {
    const edited = editFile(
      CLIENTS.vscode,
      VSCODE,
      { github: CLIENTS.vscode.entry(URL, 'github') },
      { replace: false },
    );
    expect(edited).toBe(
      VSCODE.replace(
        '{ "url": "http://old" } */\n',
        `{ "url": "http://old" } */
\t\t"github": {
\t\t\t"type": "http",
\t\t\t"url": "${URL}",
\t\t\t"headers": {
\t\t\t\t"Authorization": "Bearer \${input:metamcp-key}"
\t\t\t}
\t\t},
`,
      ).replace(
        '// asked once\n',
        `// asked once
\t\t{
\t\t\t"type": "promptString",
\t\t\t"id": "metamcp-key",
\t\t\t"description": "MetaMCP API key",
\t\t\t"password": true
\t\t},
`,
      ),
    );
  });

  it('of Codex keeps everything but the two keys, comments and other tables included [cli-connect]', () => {
    const edited = editFile(
      CLIENTS.codex,
      CODEX,
      { github: CLIENTS.codex.entry(URL, 'github'), jira: CLIENTS.codex.entry('http://h/mcp/jira', 'jira') },
      { replace: false },
    );
    expect(edited).toBe(
      `${CODEX.replace('# by hand\n', '# by hand\nbearer_token_env_var = "METAMCP_KEY"\n')}
[mcp_servers.jira]
url = "http://h/mcp/jira"
bearer_token_env_var = "METAMCP_KEY"
`,
    );
    expect(parseToml(edited)).toMatchObject({
      mcp_servers: {
        github: { startup_timeout_sec: 20, http_headers: { 'X-Team': 'blue' } },
        jira: { url: 'http://h/mcp/jira' },
      },
    });
  });

  it('on one line stays on one line [cli-connect]', () => {
    const edited = editFile(
      CLIENTS.cursor,
      DESKTOP,
      { github: CLIENTS.cursor.entry(URL, 'github') },
      { replace: false },
    );
    expect(edited).not.toContain('\n');
    expect(edited.startsWith(DESKTOP.slice(0, DESKTOP.indexOf('}},"theme"') + 1))).toBe(true);
    expect(JSON.parse(edited)).toMatchObject({
      theme: 'dark',
      mcpServers: { github: { url: URL }, files: { command: 'npx' } },
    });
  });

  it.each(CLIENT_NAMES)('of %s is made from nothing, and the second time nothing changes [cli-connect]', (name) => {
    const client = CLIENTS[name];
    const entries = { github: client.entry(URL, 'github'), jira: client.entry(URL.replace('github', 'jira'), 'jira') };
    for (const text of [
      '',
      '\n',
      client.format === 'json' ? '// nothing yet\n' : '# nothing\n',
      client.format === 'toml' ? '' : '{}',
      client.format === 'toml' ? '' : '{\r\n}\r\n',
    ]) {
      const once = editFile(client, text, entries, { replace: false });
      expect(once).toContain(URL);
      expect(editFile(client, once, entries, { replace: false })).toBe(once);
      if (text.startsWith('/') || text.startsWith('#')) expect(once.startsWith(text)).toBe(true);
    }
  });

  it('keeps a key that the user has put into it, and what else belongs to the entry [cli-connect]', () => {
    const desktop = CLIENTS['claude-desktop'];
    const made = editFile(desktop, '', { github: desktop.entry(URL, 'github') }, { replace: false });
    const filled = made.replace('PASTE_THE_KEY_HERE', 'mcp_mine');
    expect(editFile(desktop, filled, { github: desktop.entry(URL, 'github') }, { replace: false })).toBe(filled);
    const moved = 'https://mcp.example.com/mcp/github';
    const own =
      '{"mcpServers": {"github": {"url": "http://old/mcp/github", "headers": {"Authorization": "Bearer mine"}, "disabled": true}}}';
    const edited = editFile(CLIENTS.cursor, own, { github: CLIENTS.cursor.entry(moved, 'github') }, { replace: false });
    expect(JSON.parse(edited)).toEqual({
      mcpServers: { github: { url: moved, headers: { Authorization: 'Bearer mine' }, disabled: true } },
    });
  });

  it('gets the header that is missing, beside those of the user [cli-connect]', () => {
    const own = `{"mcpServers": {"github": {"url": "${URL}", "headers": {"X-Team": "blue"}}}}`;
    const edited = editFile(CLIENTS.cursor, own, { github: CLIENTS.cursor.entry(URL, 'github') }, { replace: false });
    expect(JSON.parse(edited)).toMatchObject({
      mcpServers: { github: { headers: { 'X-Team': 'blue', Authorization: 'Bearer ${env:METAMCP_KEY}' } } },
    });
  });

  it('with another server of the same name is left alone, unless it may be replaced [cli-connect]', () => {
    const other = '{"mcpServers": {"github": {"command": "docker", "args": ["run", "github"], "env": {"PAT": "x"}}}}';
    const entries = { github: CLIENTS.cursor.entry(URL, 'github') };
    expect(() => editFile(CLIENTS.cursor, other, entries, { replace: false })).toThrow(/another server named “github”/);
    expect(JSON.parse(editFile(CLIENTS.cursor, other, entries, { replace: true }))).toEqual({ mcpServers: entries });
  });

  it.each([
    ['{"mcpServers": {', 'client-file-unreadable'],
    ['{"mcpServers": {}} x', 'client-file-unreadable'],
    ["{'mcpServers': {}}", 'client-file-unreadable'],
    ['{"a": 01}', 'client-file-unreadable'],
    ['{"a": tru}', 'client-file-unreadable'],
    ['[]', 'client-file-unexpected'],
    ['{"mcpServers": []}', 'client-file-unexpected'],
    ['{"mcpServers": {"github": "x"}}', 'client-file-unexpected'],
  ])('that is not as expected is refused: %s [cli-connect]', (text, code) => {
    expect(() =>
      editFile(CLIENTS.cursor, text, { github: CLIENTS.cursor.entry(URL, 'github') }, { replace: false }),
    ).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    ['[mcp_servers', 'client-file-unreadable'],
    ['mcp_servers = { files = { command = "x" } }', 'client-file-unexpected'],
    ['mcp_servers.github.url = "http://old/mcp/github"', 'client-file-unexpected'],
    ['mcp_servers = 1', 'client-file-unexpected'],
    // What looks like the table stands in a text.
    ['text = """\n[mcp_servers.github]\n"""\n', 'client-file-unexpected'],
  ])('of Codex that is not as expected is refused: %s [cli-connect]', (text, code) => {
    expect(() =>
      editFile(CLIENTS.codex, text, { github: CLIENTS.codex.entry(URL, 'github') }, { replace: false }),
    ).toThrow(expect.objectContaining({ code }));
  });
});

describe('editing JSON', () => {
  const json = fc
    .jsonValue({ maxDepth: 3 })
    .filter((value) => typeof value === 'object' && value !== null && !Array.isArray(value));

  test.prop([
    json,
    fc.constantFrom(undefined, 1, 2, 4, '\t'),
    fc.string({ minLength: 1, unit: 'grapheme' }),
    fc.jsonValue(),
  ])('changes the member that is set, and nothing else [cli-connect]', (document, indent, name, value) => {
    const text = JSON.stringify(document, undefined, indent);
    const edited = setMember(text, [name], value);
    const expected = JSON.stringify({ ...(document as object), [name]: value });
    expect(sorted(JSON.parse(edited))).toEqual(sorted(JSON.parse(expected)));
    // Set again to the same, it stays the same.
    expect(setMember(edited, [name], value)).toBe(edited);
  });

  test('leaves a text alone that says the same already, whatever JavaScript makes of it [cli-connect]', () => {
    const text = '{"a": [0]}';
    expect(setMember(text, ['a'], [-0])).toBe(text);
  });

  test.prop([fc.jsonValue()])('reads what JSON.parse reads [cli-connect]', (value) => {
    for (const indent of [undefined, 2])
      expect(parseJson(JSON.stringify(value, undefined, indent))?.value).toEqual(JSON.parse(JSON.stringify(value)));
  });

  test.prop([fc.string()])('never takes for JSON what is none [cli-connect]', (text) => {
    let strict: unknown;
    try {
      strict = JSON.parse(text);
    } catch {
      // Comments and trailing commas apart, what JSON.parse refuses is refused.
      if (!/[/,\ufeff]/.test(text) && text.trim() !== '') expect(() => parseJson(text)).toThrow();
      return;
    }
    expect(parseJson(text)?.value).toEqual(strict);
  });

  function sorted(value: unknown): unknown {
    return JSON.parse(JSON.stringify(value));
  }
});

it('TOML keys are set under Windows line ends, too [cli-connect]', () => {
  const edited = setKeys('a = 1\r\n[mcp_servers.x]\r\nurl = "old"\r\n', ['mcp_servers', 'x'], { url: 'new' });
  expect(edited).toBe('a = 1\r\n[mcp_servers.x]\r\nurl = "new"\r\n');
});

it('a comparison shows no secret of a file without quotes, moved or not [cli-repeats-no-secret]', () => {
  const headers = (indent: string) =>
    `${indent}Authorization: Bearer mcp_0123456789abcdefghij\n${indent}X-Api-Secret: hush\n`;
  const before = `github:\n    enabled: true\n${headers('    ')}`;
  const after = `metamcp:\n  enabled: true\n${headers('  ')}  Token: \${METAMCP_KEY}\n`;
  expect(formatDiff(lineDiff(before, after))).toEqual([
    '- github:',
    '-     enabled: true',
    '-     Authorization: …',
    '-     X-Api-Secret: …',
    '+ metamcp:',
    '+   enabled: true',
    '+   Authorization: …',
    '+   X-Api-Secret: …',
    '+   Token: ${METAMCP_KEY}',
  ]);
});

it('a comparison shows what changes, and no secret of the lines around [cli-connect] [cli-repeats-no-secret]', () => {
  const before = `{\n  "env": {\n    "TOKEN": "hush-hush",\n    "PAT": "ghp_0123456789abcdefghij"\n  }\n}\n`;
  const after = `{\n  "env": {\n    "TOKEN": "hush-hush",\n    "PAT": "ghp_0123456789abcdefghij",\n    "Authorization": "Bearer \${METAMCP_KEY}"\n  }\n}\n`;
  expect(formatDiff(lineDiff(before, after))).toEqual([
    '    "env": {',
    '      "TOKEN": "…",',
    '-     "PAT": "…"',
    '+     "PAT": "…",',
    '+     "Authorization": "Bearer ${METAMCP_KEY}"',
    '    }',
    '  }',
  ]);
});

it('a file with a text and blanks of tens of MiB is changed as any other [cli-connect]', () => {
  const pasted = 'a \\"line\\"\\n'.repeat(2_000_000);
  const before = `{"history": ["${pasted}"],${' '.repeat(20_000_000)}"mcpServers": {}}`;
  const after = editFile(CLIENTS['claude-code'], before, { metamcp: { url: 'http://x/mcp' } }, { replace: false });
  expect(after.length).toBeGreaterThan(before.length);
  expect(after.startsWith(before.slice(0, -2))).toBe(true);
});

it('a comparison keeps the indentation of tabs [cli-connect]', () => {
  expect(paintDiff(['+ \t\t"a": 1', '  \u001b[2J'], (_style, text) => text)).toEqual([
    '+         "a": 1',
    '  \\u{1b}[2J',
  ]);
});
