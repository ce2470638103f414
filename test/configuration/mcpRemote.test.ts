import { describe, expect, it } from 'vitest';
import { imported, importedOne } from './imported.ts';

const url = 'https://x.example/mcp';

describe('mcp-remote', () => {
  it.each<[command: string, args: string[]]>([
    ['npx', ['-y', 'mcp-remote', url]],
    ['npx', ['-y', 'mcp-remote@latest', url]],
    ['npx', ['--yes', 'mcp-remote@^0.1.2', url, '3334', '--allow-http', '--debug']],
    ['npx', ['-p', 'mcp-remote@latest', 'mcp-remote', url]],
    ['npx', ['--package=mcp-remote', '--', 'mcp-remote', url]],
    ['npx.cmd', ['mcp-remote', '--allow-http', url]],
    ['C:\\Program Files\\nodejs\\npx.cmd', ['mcp-remote', url]],
    ['/opt/homebrew/bin/npx', ['mcp-remote', url]],
    ['cmd', ['/c', 'npx', '-y', 'mcp-remote', url]],
    ['cmd', ['/C', 'npx.cmd', 'mcp-remote', url]],
    ['cmd.exe', ['/d', '/s', '/c', 'npx', 'mcp-remote', url]],
    ['cmd.exe', ['/d', '/s', '/c', `npx -y mcp-remote@latest ${url}`]],
    ['cmd.exe', ['/d/s/c', `"npx" mcp-remote "${url}"`]],
    ['cmd', [`/c npx -y mcp-remote ${url}`]],
    ['cmd /c npx', ['-y', 'mcp-remote', url]],
    [`npx -y mcp-remote ${url}`, []],
    ['%ComSpec%', ['/c', 'npx', 'mcp-remote', url]],
    ['C:\\Windows\\System32\\cmd.exe', ['/c', 'bunx', 'mcp-remote', url]],
    ['powershell', ['-Command', `npx mcp-remote ${url}`]],
    ['powershell.exe', ['-NoProfile', '-ExecutionPolicy', 'Bypass', '-c', `& npx -y mcp-remote ${url}`]],
    ['pwsh', ['-Command', 'npx', 'mcp-remote', url]],
    ['bash', ['-lc', `exec npx mcp-remote '${url}'`]],
    ['/bin/sh', ['-c', `A=1 npx mcp-remote ${url}`]],
    ['/usr/bin/env', ['A=x', 'npx', 'mcp-remote', url]],
    ['env', ['-S', `npx mcp-remote ${url}`]],
    ['wsl', ['npx', 'mcp-remote', url]],
    ['bunx', ['mcp-remote', url]],
    ['bun', ['x', 'mcp-remote', url]],
    ['pnpm', ['dlx', 'mcp-remote', url]],
    ['yarn', ['dlx', 'mcp-remote', url]],
    ['npm', ['exec', '--', 'mcp-remote', url]],
    ['deno', ['run', '-A', 'npm:mcp-remote', url]],
    ['node', ['/home/me/node_modules/mcp-remote/dist/proxy.js', url]],
    ['C:\\nodejs\\node.exe', ['C:\\nodejs\\node_modules\\npm\\bin\\npx-cli.js', 'mcp-remote', url]],
    ['mcp-remote', [url]],
    ['/usr/local/bin/mcp-remote', [url]],
  ])('is seen in %s %j [configuration-mcp-remote]', (command, args) => {
    expect(importedOne({ command, args })).toMatchObject({ outcome: 'create', url, problems: '' });
  });

  it.each<[command: string, args: string[]]>([
    ['npx', ['some-server', url]],
    ['npx', ['mcp-remote-tools', url]],
    ['python', ['mcp-remote', url]],
    ['cmd', ['/c', 'dir']],
    ['npx', ['mcp-remote']],
    ['C:\\My Tools\\npx mcp-remote\\run.exe', [url]],
  ])('is not seen in %s %j', (command, args) => {
    expect(importedOne({ command, args })).toMatchObject({ outcome: 'create', url: undefined });
  });

  it.each<[value: string, env: object, expected: string | undefined]>([
    ['Authorization:${AUTH}', { AUTH: 'Bearer abc' }, 'Bearer abc'],
    ['Authorization: Bearer ${AUTH}', { AUTH: 'abc' }, 'Bearer abc'],
    ['Authorization:%AUTH%', { AUTH: 'Bearer abc' }, 'Bearer abc'],
    ['Authorization:$AUTH', { AUTH: 'Bearer abc' }, 'Bearer abc'],
    ['Authorization:$env:AUTH', { AUTH: 'Bearer abc' }, 'Bearer abc'],
    ['Authorization: Bearer ${OUTSIDE}', {}, 'Bearer from-outside'],
    ['Authorization:', {}, undefined],
  ])('gives the header %s of %j its value', (value, env, expected) => {
    const server = { command: 'npx', args: ['mcp-remote', url, '--header', value], env };
    const { outcome, headers } = importedOne(server, { OUTSIDE: 'from-outside' });
    expect({ outcome, value: headers?.['Authorization'] }).toEqual({ outcome: 'create', value: expected });
  });

  it.each<[value: string, env: object | null]>([
    ['Authorization: Bearer ${AUTH}', null],
    ['Authorization: Bearer ${AUTH}', { AUTH: null }],
    ['Authorization: Bearer ${AUTH}', { AUTH: '' }],
    ['Authorization: Bearer ${AUTH}', { AUTH: '<YOUR_TOKEN>' }],
    ['Authorization:${AUTH}', { AUTH: 'Bearer YOUR_API_KEY' }],
    ['Authorization: Bearer', null],
    ['Authorization Bearer abc', null],
  ])('is refused with the header %s of %j', (value, env) => {
    expect(importedOne({ command: 'npx', args: ['mcp-remote', url, '--header', value], env }).outcome).toBe('refuse');
  });

  it('takes numbers in env and args as they are written, and tells of options that it leaves out', () => {
    const text = `{"mcpServers":{"one":{"command":"npx","args":["mcp-remote","${url}",3334,"--header","A:\${N}","--resource","r"],"env":{"N":1.10}}}}`;
    expect(imported(text)['one']).toMatchObject({ headers: { A: '1.10' } });
    expect(importedOne({ command: 'npx', args: ['mcp-remote', url, '--resource', 'r'] }).notes).toContain('--resource');
  });

  it('says what the gateway does not do in its place: sign in by OAuth', () => {
    const bare = importedOne({ command: 'npx', args: ['mcp-remote', url] });
    expect(bare.notes).toContain('can’t sign in by OAuth');
    const withToken = importedOne({
      command: 'npx',
      args: ['mcp-remote', url, '--header', 'Authorization: Bearer abc'],
    });
    expect(withToken.notes).not.toContain('OAuth');
  });
});
