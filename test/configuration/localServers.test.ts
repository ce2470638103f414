import { describe, expect, it } from 'vitest';
import { editorFolders, withFolders } from '../../src/configuration/editorFolders.ts';
import { imported, importedOne } from './imported.ts';

describe('a server that a client starts', () => {
  it('is imported with its command, arguments, folder and variables [configuration-local-servers]', () => {
    const entry = { type: 'stdio', command: 'npx', args: ['-y', 'a-server', '--port', 3000, true], cwd: '/srv/a' };
    expect(importedOne({ ...entry, env: { A: 'hush' } })).toMatchObject({
      outcome: 'create',
      transport: 'stdio',
      url: undefined,
      command: ['npx', '-y', 'a-server', '--port', '3000', 'true'],
      cwd: '/srv/a',
      env: { A: 'hush' },
      headers: {},
      notes: '',
    });
    expect(importedOne({ command: 'a-server', working_directory: 'tools' }).cwd).toBe('/files/tools');
    expect(importedOne({ command: 'a-server', cwd: '.' }).cwd).toBe('/files');
    expect(importedOne({ command: 'a-server' })).toMatchObject({ command: ['a-server'], cwd: undefined });
  });

  it.each<[command: string, args: string[], expected: string[]]>([
    ['cmd', ['/c', 'npx', '-y', 'a-server', 'C:\\data'], ['npx', '-y', 'a-server', 'C:\\data']],
    ['cmd.exe', ['/d', '/s', '/c', 'npx -y a-server "two words"'], ['npx', '-y', 'a-server', 'two words']],
    ['C:\\Windows\\System32\\cmd.exe', ['/C', 'npx.cmd', 'a-server'], ['npx', 'a-server']],
    ['%ComSpec%', ['/c', 'uvx', 'a-server'], ['uvx', 'a-server']],
    ['cmd /c npx', ['a-server'], ['npx', 'a-server']],
    ['cmd', ['/c', 'cmd', '/c', 'npx', 'a-server'], ['npx', 'a-server']],
    ['powershell.exe', ['-NoProfile', '-Command', 'npx', '-y', 'a-server'], ['npx', '-y', 'a-server']],
    ['wsl.exe', ['-d', 'Ubuntu', 'npx', 'a-server'], ['npx', 'a-server']],
    ['wsl', ['--', 'bash', '-c', 'npx a-server | tee log'], ['bash', '-c', 'npx a-server | tee log']],
    ['npx.cmd', ['-y', 'a-server'], ['npx', '-y', 'a-server']],
    ['C:\\Program Files\\nodejs\\npx.cmd', ['a-server'], ['npx', 'a-server']],
    ['C:\\Users\\me\\.local\\bin\\uvx.exe', ['a-server'], ['uvx', 'a-server']],
    ['node.exe', ['C:/a.js'], ['node', 'C:/a.js']],
    ['a-server.cmd', [], ['a-server']],
    ['npx -y a-server', [], ['npx', '-y', 'a-server']],
    ['/opt/my tools/server', ['x'], ['/opt/my tools/server', 'x']],
    ['sh', ['-c', 'A=1 exec npx a-server'], ['sh', '-c', 'A=1 exec npx a-server']],
    ['env', ['A=1', 'npx', 'a-server'], ['env', 'A=1', 'npx', 'a-server']],
    ['docker', ['run', '-i', '--rm', '-e', 'API_KEY', 'img'], ['docker', 'run', '-i', '--rm', '-e', 'API_KEY', 'img']],
  ])('in %s %j is started without what only Windows needs [configuration-windows]', (command, args, expected) => {
    expect(importedOne({ command, args })).toMatchObject({ outcome: 'create', command: expected });
  });

  it.each<[command: string, args: string[]]>([
    ['cmd', ['/c', 'set A=1 && npx a-server']],
    ['cmd', ['/c', 'cd', 'C:\\x', '&&', 'npx', 'a-server']],
    ['cmd', ['/c', 'npx a-server > log.txt']],
    ['cmd', []],
    ['powershell', ['-Command', 'npx a-server | Out-File log']],
    ['powershell', ['-File', 'start.ps1']],
  ])('in a script of Windows, %s %j, is refused with what to do [configuration-windows]', (command, args) => {
    expect(importedOne({ command, args })).toMatchObject({
      outcome: 'refuse',
      problems: expect.stringContaining('write the program and its arguments'),
    });
  });

  it('is refused where its command is looked for in a folder that nobody knows [configuration-local-servers]', () => {
    expect(importedOne({ command: './server' }).problems).toContain('state cwd');
    expect(importedOne({ command: 'bin/server' }).outcome).toBe('refuse');
    expect(importedOne({ command: './server', cwd: '/srv' })).toMatchObject({ command: ['./server'], cwd: '/srv' });
    expect(importedOne({ command: '~/bin/server' }, { HOME: '/home/me' }).command).toEqual(['/home/me/bin/server']);
  });
});

describe('the variables of a server that a client starts', () => {
  it('are texts, whatever stands there; null unsets one, and an empty text is one [configuration-env]', () => {
    const env = '{"A":3000,"B":1.10,"C":true,"D":null,"E":"","F":"  ","G":9007199254740993,"H":-0}';
    const { one } = imported(`{"mcpServers":{"one":{"command":"x","env":${env}}}}`);
    expect(one).toMatchObject({
      env: { A: '3000', B: '1.10', C: 'true', E: '', F: '  ', G: '9007199254740993', H: '-0' },
      notes: 'not set: D',
    });
    expect(importedOne({ command: 'x', env: null })).toMatchObject({ env: {}, notes: '' });
    expect(importedOne({ command: 'x', env: [{ name: 'A', value: 'b' }, 'C=d=e'] }).env).toEqual({ A: 'b', C: 'd=e' });
    expect(importedOne({ command: 'x', environment: { A: 'b' } }).env).toEqual({ A: 'b' });
    for (const A of [[], {}, ['x']]) expect(importedOne({ command: 'x', env: { A } }).outcome).toBe('refuse');
  });

  it('may be references, as in headers, and none is taken for a value [configuration-env] [configuration-placeholders]', () => {
    const values = { T: 'hush', GW_KEY: 'typed' };
    const env = { A: '${T}', B: 'Bearer ${env:T}', C: '{env:T}', D: '${input:gw-key}', E: '${N:-d}', F: '%T%x' };
    expect(importedOne({ command: 'x', env: { ...env, F: '$T' } }, values).env).toEqual({
      A: 'hush',
      B: 'Bearer hush',
      C: 'hush',
      D: 'typed',
      E: 'd',
      F: 'hush',
    });
    for (const A of ['<YOUR_KEY>', 'YOUR_API_KEY', '${NOT_SET}', 'xxxx', '${workspaceFolder}/x']) {
      expect(importedOne({ command: 'x', env: { A } })).toMatchObject({ outcome: 'refuse' });
    }
  });

  it('are passed on from the environment where a client does so [configuration-env]', () => {
    const codex = `[mcp_servers.one]\ncommand = "x"\nenv_vars = ["T"]\n[mcp_servers.one.env]\nA = "b"\n`;
    expect(imported(codex, { fileName: 'config.toml', variables: { T: 'hush' } })['one']?.env).toEqual({
      T: 'hush',
      A: 'b',
    });
    const goose = 'extensions:\n  one: {type: stdio, cmd: x, args: [y], env_keys: [T], envs: {A: 1.10}}\n';
    expect(imported(goose, { fileName: 'config.yaml', variables: { T: 'hush' } })['one']).toMatchObject({
      command: ['x', 'y'],
      env: { T: 'hush', A: '1.10' },
    });
    expect(imported(goose, { fileName: 'config.yaml' })['one']?.problems).toContain('set the variable T');
  });

  it('may come from a file, over which env wins [configuration-env]', () => {
    const files = { '.env': '# ours\nexport A="one two"\nB=2\nC=\'3 # three\'\nD=4\n' };
    const entry = { command: 'x', envFile: '.env', env: { B: 'own', D: null } };
    expect(importedOne(entry, {}, files).env).toEqual({ A: 'one two', B: 'own', C: '3 # three' });
    expect(importedOne(entry).problems).toContain('there is no such file');
  });
});

describe('a command line', () => {
  it('gets no secret, for everybody can read it [configuration-command-line]', () => {
    const secret = { GITHUB_TOKEN: 'hush', PASSWORD: 'hush', FOLDER: '/data' };
    for (const args of [['--token', '${GITHUB_TOKEN}'], ['--url=https://u:${env:PASSWORD}@h/'], ['${file:.token}']]) {
      const { outcome, problems } = importedOne({ command: 'x', args }, secret, { '.token': 'hush' });
      expect({ outcome, problems }).toEqual({
        outcome: 'refuse',
        problems: expect.stringContaining('put secrets into env'),
      });
    }
    expect(importedOne({ command: 'x', args: ['${FOLDER}'] }, secret).command).toEqual(['x', '/data']);
  });

  it('is told of where something in it looks like a secret [configuration-command-line]', () => {
    for (const args of [['--api-key', 'hush1'], ['--token=hush1'], ['-e', 'API_KEY=hush1']]) {
      const { outcome, notes } = importedOne({ command: 'x', args });
      expect({ outcome, notes }).toEqual({ outcome: 'create', notes: expect.stringContaining('prefer env') });
      expect(notes).not.toContain('hush');
    }
    for (const args of [
      ['--author', '--x'],
      ['--port', '1'],
      ['-e', 'API_KEY'],
    ])
      expect(importedOne({ command: 'x', args }).notes).toBe('');
  });
});

it('a server of SSE is imported as one [configuration-local-servers]', () => {
  const url = 'https://one.example/sse';
  for (const entry of [{ url }, { type: 'sse', url: 'https://one.example/events' }, { transport: 'sse', url }]) {
    expect(importedOne({ ...entry, headers: { A: 'b' } })).toMatchObject({
      outcome: 'create',
      transport: 'sse',
      url: entry.url,
      headers: { A: 'b' },
    });
  }
});

it('the folders of editors stand for where the file is [configuration-local-servers]', () => {
  expect(editorFolders('/work/app/.vscode', '/home/me')).toMatchObject({
    workspaceFolder: '/work/app',
    workspaceFolderBasename: 'app',
    userHome: '/home/me',
  });
  expect(editorFolders('/work/app', '/home/me')).toMatchObject({ workspaceFolder: '/work/app' });
  const path = withFolders('${workspaceFolder}${/}.env.${other}', editorFolders('/w/.cursor', '/h'));
  expect(path).toBe('/w/.env.${other}');
});
