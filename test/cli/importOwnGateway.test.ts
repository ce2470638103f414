import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLIENTS } from '../../cli/clients/client.ts';
import { CLIENT_NAMES } from '../../cli/clients/clientNames.ts';
import { configurationText } from '../../cli/clients/configurationText.ts';
import { makeApiKey } from '../../src/auth/keyFormat.ts';
import { openImportWorld, type ImportWorld } from './importWorld.ts';

let world: ImportWorld;
beforeAll(async () => {
  world = await openImportWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

it('passes by what leads to this gateway itself: by its address, or with one of its keys [configuration-own-gateway]', async () => {
  const { document: key } = await world.cli.json(['keys', 'create', '--name', 'desk']);
  const bearer = (text: string) => ({ headers: { Authorization: `Bearer ${text}` } });
  const { text: foreign } = makeApiKey(randomUUID(), randomBytes(32));
  const remote = ['-y', 'mcp-remote', 'http://localhost:12345/mcp/github', '--header', 'Authorization:Bearer x'];
  const file = await world.mcpServers({
    pasted: { url: 'https://gate.example/mcp', ...bearer(key['api_key']) },
    unpasted: { url: 'http://127.0.0.1:12345/mcp', ...bearer('PASTE_THE_KEY_HERE') },
    remote: { command: 'npx', args: remote },
    unspecified: { url: 'http://0.0.0.0:12345/mcp' },
    bridged: { command: 'bridge', args: ['--to=http://[::1]:12345/mcp'] },
    given: { command: 'bridge', env: { TOKEN: `Bearer ${key['api_key']}` } },
    told: { command: 'bridge', args: ['https://gate.example/mcp', '--header', `X-Key:${key['api_key']}`] },
    named: { url: 'https://mcp.example/mcp?servers=a' },
    direct: { url: 'http://mcp.example:12345/mcp' },
    listed: { url: 'https://listed.example:8443/mcp/github' },
    standard: { url: 'https://standard.example/mcp' },
    // A gateway of somebody else is a server as any other, and so is one beside this gateway.
    other: { url: 'http://127.0.0.1:12346/mcp', ...bearer(foreign) },
    beside: { url: 'http://host.docker.internal:7001/mcp' },
    besides: { url: 'https://mcp.example:8443/mcp/github' },
    unlisted: { url: 'https://listed.example/mcp' },
    local: { command: 'files', args: ['http://127.0.0.1:12346/mcp', 'http://127.0.0.1:12345/'] },
  });
  const names = 'mcp.example,host.docker.internal,Listed.example:8443,standard.example:443';
  const env = { SERVER_PORT: '12345', SERVER_ALLOWED_HOSTS: names };
  const { document } = await world.importFile(file, ['--dry-run'], { env });
  expect(document.servers?.map(({ name, action }) => [name, action])).toEqual([
    ['pasted', 'skip'],
    ['unpasted', 'skip'],
    ['remote', 'skip'],
    ['unspecified', 'skip'],
    ['bridged', 'skip'],
    ['given', 'skip'],
    ['told', 'skip'],
    ['named', 'skip'],
    ['direct', 'skip'],
    ['listed', 'skip'],
    ['standard', 'skip'],
    ['other', 'create'],
    ['beside', 'create'],
    ['besides', 'create'],
    ['unlisted', 'create'],
    ['local', 'create'],
  ]);
  expect(document.servers?.[0]?.problems).toMatchObject([{ code: 'own-gateway' }]);
});

it.each(CLIENT_NAMES)(
  'passes by what connect has written for %s, the key pasted or in the environment [configuration-own-gateway]',
  async (name) => {
    const client = CLIENTS[name];
    const { document: key } = await world.cli.json(['keys', 'create', '--name', `desk of ${name}`]);
    const entries = {
      here: client.entry('http://127.0.0.1:12345/mcp', 'here'),
      // An address that this machine does not know to be its own.
      elsewhere: client.entry('https://gate.example/mcp', 'elsewhere'),
    };
    const text = configurationText(client, entries).replaceAll('PASTE_THE_KEY_HERE', key['api_key']);
    const file = await world.write(text, `mcp.${client.format}`);
    const { document } = await world.importFile(file, ['--dry-run'], { env: { SERVER_PORT: '12345' } });
    const servers = document.servers ?? document.error.data.servers;
    expect(servers.map(({ entry, action }) => [entry, action])).toEqual([
      ['here', 'skip'],
      ['elsewhere', name === 'vscode' ? 'refuse' : 'skip'],
    ]);
  },
);
