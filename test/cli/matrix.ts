import { fileURLToPath } from 'node:url';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { TEST_CONTEXT } from '../support/testGateway.ts';
import { gatewayEnvironment, OF_GATEWAYS } from './matrixGateway.ts';
import { looking, type Row } from './matrixRow.ts';
import { OF_ROLES } from './matrixRoles.ts';
import { NOBODY } from './matrixWorld.ts';

// What every command is put through: a table, so that a new command without a row fails the test.

const ADDRESS = 'http://127.0.0.1:1/mcp';
const ONE_SERVER = fileURLToPath(import.meta.resolve('../configuration/files/one.mcp.json'));
const OWN_FILE = fileURLToPath(import.meta.resolve('../configuration/files/one.metamcp.yaml'));
const REFUSED_FILE = JSON.stringify({
  mcpServers: { bad: { url: 'https://bad.example/mcp', headers: { A: '${NOT_SET}' } } },
});

/** Of a command with the id of a key as its argument. */
function onKey(path: string, ...options: string[]): Row {
  const words = path.split(' ');
  return {
    done: async (world) => ({ argv: [...words, (await world.key()).id, ...options] }),
    refused: { run: () => ({ argv: [...words, NOBODY, ...options] }), code: 'key-not-found' },
    wrong: [...words, ...options],
    unreachable: [...words, NOBODY, ...options],
    subject: { at: words.length, kind: 'key' },
  };
}

let programs = 0;

/** Of a command with the name of a server whose programs run in a gateway. */
function inGateway(path: string): Row {
  return {
    ...onServer(path),
    done: async ({ gateway }) => {
      const name = `program-${String((programs += 1))}`;
      const command = {
        command: 'true',
        isolation: 'session',
        limits: DEFAULT_LIMITS,
        timeouts: DEFAULT_TIMEOUTS,
      } as const;
      const input = { settings: { transport: 'stdio' as const, ...command }, secrets: { headers: {}, env: {} } };
      await gateway.stores.servers.register(name, input, TEST_CONTEXT);
      return { argv: [...path.split(' '), name], env: gatewayEnvironment({ gateway }) };
    },
  };
}

/** Of a command with the name of a server as its argument. */
function onServer(path: string, ...options: string[]): Row {
  const words = path.split(' ');
  return {
    done: async (world) => ({ argv: [...words, await world.server(), ...options] }),
    refused: { run: () => ({ argv: [...words, 'nobody', ...options] }), code: 'server-not-found' },
    wrong: [...words, ...options],
    unreachable: [...words, 'nobody', ...options],
    subject: { at: words.length, kind: 'server' },
  };
}

const takeOut = (server: string, { id }: { readonly id: string }) => ({
  argv: ['servers', 'credential', server, '--unset-all', '--key', id],
});

let [replays, made] = [0, 0];

export const MATRIX: Readonly<Record<string, Row>> = {
  'keys list': { ...looking('keys', 'list'), table: true },
  'keys create': {
    done: () => ({
      argv: ['keys', 'create', '--name', `made-${String((made += 1))}`, '--grant', '*', '--expires-in', '90d'],
    }),
    refused: 'Whatever the options allow can be made; what they do not is wrong usage.',
    wrong: ['keys', 'create', '--name', 'n'.repeat(300)],
    unreachable: ['keys', 'create', '--name', 'ci'],
    empty: ['keys', 'create', '--name', 'n'.repeat(256)],
  },
  'keys show': onKey('keys show'),
  'keys inactivate': onKey('keys inactivate', '--reason', 'lost'),
  'keys activate': onKey('keys activate', '--reason', 'found'),
  'keys access': onKey('keys access', '--grant', '*'),
  'keys label': onKey('keys label', '--tag', 'team=search', '--owner', 'alice@example.org'),
  'keys rotate': onKey('keys rotate', '--grace', '1h'),
  'keys delete': onKey('keys delete', '--confirm'),
  'keys report-leak': {
    done: async (world) => ({ argv: ['keys', 'report-leak'], stdin: `leaked: ${(await world.key()).api_key}!` }),
    refused: 'It looks for keys, and finds those that there are.',
    wrong: ['keys', 'report-leak', 'an-argument'],
    unreachable: ['keys', 'report-leak', '--file', 'well-formed-key'],
    empty: ['keys', 'report-leak', '--file', 'well-formed-key'],
  },
  'keys verify': {
    done: async (world) => ({ argv: ['keys', 'verify'], stdin: (await world.key()).api_key }),
    refused: {
      run: async (world) => {
        const { id, api_key } = await world.key();
        await world.cli.run(['keys', 'inactivate', id]);
        return { argv: ['keys', 'verify', '--file', await world.file('key', api_key)] };
      },
      code: 'key-inactive',
    },
    wrong: ['keys', 'verify', 'an-argument'],
    unreachable: ['keys', 'verify', '--file', 'well-formed-key'],
  },
  ...OF_ROLES,
  'servers list': { ...looking('servers', 'list'), table: true },
  // Before servers are added: in the empty installation there is none to ask.
  'tools list': {
    ...onServer('tools list'),
    wrong: ['tools', 'list', 'a', 'b'],
    empty: ['tools', 'list'],
  },
  'servers add': {
    done: async () => ({ argv: ['servers', 'add', `added-${String((replays += 1))}`, '--url', ADDRESS] }),
    refused: {
      run: async (world) => ({ argv: ['servers', 'add', await world.server(), '--url', ADDRESS] }),
      code: 'server-exists',
    },
    wrong: ['servers', 'add', 'x'],
    unreachable: ['servers', 'add', 'x', '--url', ADDRESS],
    empty: ['servers', 'add', 'first', '--url', ADDRESS],
  },
  'servers show': onServer('servers show'),
  'servers update': onServer('servers update', '--title', 'New'),
  'servers enable': onServer('servers enable', '--reason', 'mended'),
  'servers disable': onServer('servers disable', '--reason', 'broken'),
  'servers remove': {
    ...onServer('servers remove', '--confirm'),
    wrong: ['servers', 'remove', 'x'],
  },
  'servers approve': onServer('servers approve', '--reason', 'read'),
  'servers credential': {
    ...onServer('servers credential', '--key', NOBODY, '--header', 'X-Token: t'),
    done: async (at) => takeOut(await at.server(), await at.key()),
    // A key may have something for a server that is gone, so the key is looked for first.
    refused: { run: async (at) => takeOut('nobody', await at.key()), code: 'server-not-found' },
  },
  'servers test': onServer('servers test'),
  'servers restart': inGateway('servers restart'),
  'servers logs': inGateway('servers logs'),
  'servers import': {
    done: () => ({ argv: ['servers', 'import', ONE_SERVER] }),
    refused: {
      run: async (world) => ({ argv: ['servers', 'import', await world.file('bad.json', REFUSED_FILE)] }),
      code: 'import-refused',
    },
    wrong: ['servers', 'import', 'no-such-file'],
    unreachable: ['servers', 'import', ONE_SERVER],
    empty: ['servers', 'import', ONE_SERVER],
  },
  'servers export': {
    ...looking('servers', 'export'),
    refused: { run: () => ({ argv: ['servers', 'export', '--only', 'nobody'] }), code: 'server-not-found' },
  },
  'tools call': {
    ...onServer('tools call', 'test_simple_text'),
    wrong: ['tools', 'call', 'a-server'],
  },
  ...OF_GATEWAYS,
  apply: {
    done: () => ({ argv: ['apply', '-f', OWN_FILE] }),
    refused: 'What can’t be applied is a fault of the file, and so wrong usage.',
    wrong: ['apply', '-f', 'no-such-file'],
    unreachable: ['apply', '-f', OWN_FILE],
    empty: ['apply', '-f', OWN_FILE],
  },
  diff: {
    done: async (world) => {
      await world.cli.run(['apply', '-f', OWN_FILE]);
      return { argv: ['diff', '-f', OWN_FILE] };
    },
    refused: {
      run: async (world) => ({
        argv: ['diff', '-f', await world.file('more.yaml', 'version: 1\nkeys: { another: {} }\n')],
      }),
      code: 'differs',
    },
    wrong: ['diff'],
    unreachable: ['diff', '-f', OWN_FILE],
  },
  'audit keys': onKey('audit keys'),
  undo: {
    done: async (world) => {
      await world.cli.run(['keys', 'inactivate', (await world.key()).id]);
      return { argv: ['undo', '--confirm'] };
    },
    refused: {
      run: async (world) => (await world.key(), { argv: ['undo', '--confirm'] }),
      code: 'undo-impossible',
    },
    wrong: ['undo'],
    unreachable: ['undo', '--confirm'],
  },
  'audit tail': { ...looking('audit', 'tail', '-n', '5'), table: true },
  'audit at': {
    ...looking('audit', 'at', 'now'),
    refused: { run: () => ({ argv: ['audit', 'at', 'now', '--key', NOBODY] }), code: 'key-not-found' },
    wrong: ['audit', 'at', 'some day'],
  },
  'audit who-could': {
    ...onServer('audit who-could'),
    wrong: ['audit', 'who-could', '/x'],
  },
  'audit verify': {
    ...looking('audit', 'verify'),
    wrong: ['audit', 'verify', '--against', 'no-such-file'],
  },
  'audit checkpoint': {
    ...looking('audit', 'checkpoint'),
    refused: {
      run: async (world) => ({ argv: ['audit', 'checkpoint', '--out', await world.file('there', '')] }),
      code: 'file-not-written',
    },
  },
  'audit replay': {
    done: async () => ({ argv: ['audit', 'replay', '--into', `replay_${String((replays += 1))}`] }),
    refused: { run: () => ({ argv: ['audit', 'replay', '--into', 'public'] }), code: 'schema-not-empty' },
    wrong: ['audit', 'replay'],
    unreachable: ['audit', 'replay', '--into', 'x'],
    empty: ['audit', 'replay', '--into', 'replayed'],
  },
  'db migrate': { ...looking('db', 'migrate'), refused: 'Migrations are ours; none is refused by what users do.' },
  'db status': looking('db', 'status'),
  'db rebuild': {
    ...looking('db', 'rebuild'),
    refused: { run: () => ({ argv: ['db', 'rebuild', 'nothing'] }), code: 'projection-not-found' },
  },
  'db skip': {
    done: async (world) => ({ argv: ['db', 'skip', await world.unreadableEvent(), '--reason', 'of no use'] }),
    refused: {
      run: async (world) => ({ argv: ['db', 'skip', `mcpServer-${await world.server()}@0`, '--reason', 'readable'] }),
      code: 'event-readable',
    },
    wrong: ['db', 'skip', 'mcpServer-github', '--reason', 'no revision'],
    unreachable: ['db', 'skip', 'mcpServer-github@1', '--reason', 'x'],
  },
  'db copy-events': {
    done: (world) => ({ argv: ['db', 'copy-events', '--from', 'postgres', '--to', world.eventStoreUrl] }),
    refused: {
      run: () => ({ argv: ['db', 'copy-events', '--from', 'postgres', '--to', 'postgres'] }),
      code: 'copy-to-itself',
    },
    wrong: ['db', 'copy-events', '--from', 'postgres'],
    unreachable: ['db', 'copy-events', '--from', 'postgres', '--to', 'esdb://127.0.0.1:1?tls=false'],
  },
  'vault rewrap': { ...looking('vault', 'rewrap'), refused: 'Wrapping keys anew is never refused.' },
  usage: {
    ...looking('usage', '--by', 'key,day'),
    refused: { run: () => ({ argv: ['usage', '--key', NOBODY] }), code: 'key-not-found' },
    wrong: ['usage', '--by', 'colour'],
  },
  init: {
    done: () => ({ argv: ['init', '--yes', '--skip-check', '--client', 'codex', '--client', 'vscode'] }),
    refused: {
      run: async (world) => ({ argv: ['init', '--yes', '--server', `${await world.server()}=${ADDRESS}`] }),
      code: 'server-exists',
    },
    wrong: ['init', '--yes', '--server', 'no-url'],
    unreachable: ['init', '--yes'],
    empty: ['init', '--yes'],
  },
  connect: {
    done: async (world) => ({ argv: ['connect', 'claude-code', '--server', await world.server()] }),
    refused: { run: () => ({ argv: ['connect', 'cursor', '--server', 'nobody'] }), code: 'server-not-found' },
    wrong: ['connect', 'notepad'],
    unreachable: ['connect', 'codex'],
  },
  headers: {
    done: async (world) => ({ argv: ['headers', '--url', world.gateway.url], env: { METAMCP_KEY: world.gatewayKey } }),
    refused: {
      run: (world) => ({ argv: ['headers', '--url', world.gateway.url], env: { METAMCP_KEY: world.foreignKey } }),
      code: 'invalid-credential',
    },
    wrong: ['headers'],
    unreachable: 'It needs no store, but a gateway; see connect.test.ts.',
  },
  completion: {
    done: () => ({ argv: ['completion', 'bash'] }),
    refused: 'A script is only printed.',
    wrong: ['completion', 'tcsh'],
    unreachable: 'It needs no store.',
  },
  schema: {
    done: () => ({ argv: ['schema', 'keys', 'create'] }),
    refused: { run: () => ({ argv: ['schema', 'keys', 'make'] }), code: 'schema-not-found' },
    wrong: ['schema', '--no-such-option'],
    unreachable: 'It needs no store.',
  },
};
