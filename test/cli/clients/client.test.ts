import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CLIENTS } from '../../../cli/clients/client.ts';
import { clientFile } from '../../../cli/clients/clientFile.ts';
import { configurationText } from '../../../cli/clients/configurationText.ts';
import { editFile } from '../../../cli/clients/editFile.ts';

const URL = 'https://mcp.example.com/mcp';
const FROM_VARIABLE = { Authorization: 'Bearer ${METAMCP_KEY}' };
const PASTED = { Authorization: 'Bearer PASTE_THE_KEY_HERE' };

describe('what a client expects', () => {
  it.each([
    ['antigravity', { mcpServers: { metamcp: { serverUrl: URL, headers: PASTED } } }],
    [
      'opencode',
      {
        mcp: {
          metamcp: {
            type: 'remote',
            url: URL,
            headers: { Authorization: 'Bearer {env:METAMCP_KEY}' },
            oauth: false,
            enabled: true,
          },
        },
      },
    ],
    ['zed', { context_servers: { metamcp: { url: URL, headers: PASTED } } }],
    [
      'cline',
      {
        mcpServers: {
          metamcp: { type: 'streamableHttp', url: URL, headers: { Authorization: 'Bearer ${env:METAMCP_KEY}' } },
        },
      },
    ],
    [
      'goose',
      {
        extensions: {
          metamcp: {
            type: 'streamable_http',
            name: 'metamcp',
            enabled: true,
            uri: URL,
            env_keys: ['METAMCP_KEY'],
            headers: FROM_VARIABLE,
            timeout: 300,
          },
        },
      },
    ],
    ['copilot-cli', { mcpServers: { metamcp: { type: 'http', url: URL, headers: FROM_VARIABLE, tools: ['*'] } } }],
  ] as const)('is what %s is documented to read [cli-connect-clients]', (name, document) => {
    const client = CLIENTS[name];
    const text = configurationText(client, { metamcp: client.entry(URL, 'metamcp') }, 2);
    expect(parse(text)).toEqual(document);
  });

  it.each([
    ['linux', 'antigravity', '/home/me/.gemini/config/mcp_config.json'],
    ['win32', 'antigravity', 'C:\\Users\\me\\.gemini\\config\\mcp_config.json'],
    ['darwin', 'opencode', '/home/me/.config/opencode/opencode.jsonc'],
    ['win32', 'opencode', 'C:\\Users\\me\\.config\\opencode\\opencode.jsonc'],
    ['linux', 'zed', '/home/me/.config/zed/settings.json'],
    ['darwin', 'zed', '/home/me/.config/zed/settings.json'],
    ['win32', 'zed', 'C:\\Users\\me\\AppData\\Roaming\\Zed\\settings.json'],
    ['linux', 'cline', '/home/me/.cline/data/settings/cline_mcp_settings.json'],
    ['win32', 'cline', 'C:\\Users\\me\\.cline\\data\\settings\\cline_mcp_settings.json'],
    ['darwin', 'goose', '/home/me/.config/goose/config.yaml'],
    ['win32', 'goose', 'C:\\Users\\me\\AppData\\Roaming\\Block\\goose\\config\\config.yaml'],
    ['linux', 'copilot-cli', '/home/me/.copilot/mcp-config.json'],
  ] as const)('stands on %s in the file of %s [cli-connect-clients]', (platform, name, file) => {
    const env = { HOME: '/home/me', USERPROFILE: 'C:\\Users\\me' };
    expect(CLIENTS[name].file({ platform, env, cwd: '/work/here' })).toBe(file);
  });

  it('stands where variables of the environment have it [cli-connect-clients]', () => {
    const fileOf = (name: keyof typeof CLIENTS, env: Record<string, string>) =>
      CLIENTS[name].file({ platform: 'linux', env: { HOME: '/home/me', ...env }, cwd: '/' });
    expect(fileOf('copilot-cli', { COPILOT_HOME: '/own' })).toBe('/own/mcp-config.json');
    expect(fileOf('goose', { XDG_CONFIG_HOME: '/xdg' })).toBe('/xdg/goose/config.yaml');
    expect(fileOf('zed', { XDG_CONFIG_HOME: 'relative' })).toBe('/home/me/.config/zed/settings.json');
    expect(fileOf('cline', { CLINE_DIR: '/own' })).toBe('/own/data/settings/cline_mcp_settings.json');
    expect(fileOf('cline', { CLINE_DIR: '/no', CLINE_DATA_DIR: '/own' })).toBe('/own/settings/cline_mcp_settings.json');
    expect(fileOf('cline', { CLINE_MCP_SETTINGS_PATH: '/own.json', CLINE_DATA_DIR: '/no' })).toBe('/own.json');
  });

  it.each(['antigravity', 'opencode'] as const)(
    'is put into the file of %s that there is, where versions have two places [cli-connect-clients]',
    async (name) => {
      const home = await mkdtemp(join(tmpdir(), 'metamcp-clients-'));
      onTestFinished(() => rm(home, { recursive: true }));
      const places = { platform: 'linux', env: { HOME: home }, cwd: home } as const;
      const { file, otherFile } = CLIENTS[name];
      const [usual, other] = [file(places), otherFile?.(places) ?? ''];
      expect(clientFile(CLIENTS[name], places)).toBe(usual);
      await mkdir(dirname(other), { recursive: true });
      await writeFile(other, '{}');
      expect(clientFile(CLIENTS[name], places)).toBe(other);
      await mkdir(dirname(usual), { recursive: true });
      await writeFile(usual, '{}');
      expect(clientFile(CLIENTS[name], places)).toBe(usual);
    },
  );

  it('stands beside the servers of OpenCode 2, which are one level deeper [cli-connect-clients]', () => {
    const { opencode } = CLIENTS;
    const entries = { metamcp: opencode.entry(URL, 'metamcp') };
    const options = { replace: false, allOf: 'https://mcp.example.com' };
    const second =
      '{ "mcp": { "timeout": { "catalog": 9 }, "servers": { "x": { "type": "local", "command": ["x"] } } } }';
    expect(JSON.parse(editFile(opencode, second, entries, options))).toMatchObject({
      mcp: { servers: { x: { command: ['x'] }, metamcp: { url: URL } } },
    });
    const named = '{ "mcp": { "servers": { "type": "local", "command": ["x"] } } }';
    expect(JSON.parse(editFile(opencode, named, entries, options))).toMatchObject({
      mcp: { servers: { command: ['x'] }, metamcp: { url: URL } },
    });
  });

  it.each([
    ['http://10.0.0.5:12009/mcp', true],
    ['http://gateway/mcp', true],
    ['http://localhost.example.com/mcp', true],
    ['http://127.0.0.1.nip.io/mcp', true],
    // mcp-remote compares the host with two names, and this is none of them.
    ['http://[::1]:12009/mcp', true],
    ['http://127.0.0.1:12009/mcp', false],
    ['http://localhost/mcp', false],
    ['https://mcp.example.com/mcp', false],
  ])('mcp-remote may reach %s over plain HTTP: %s [cli-mcp-remote-http]', (url, allows) => {
    const { args } = CLIENTS['claude-desktop'].entry(url, 'metamcp') as { readonly args: readonly string[] };
    expect(args.filter((arg) => arg === '--allow-http')).toEqual(allows ? ['--allow-http'] : []);
    // What follows --header is its value.
    expect(args.slice(-2)).toEqual(['--header', 'Authorization:${AUTH}']);
  });
});
