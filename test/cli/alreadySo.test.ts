import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { openConnection } from '../../src/postgres/connection.ts';
import { announceReplica } from '../../src/live/replicas.ts';
import { cliFixture } from './cliFixture.ts';

const cli = cliFixture();
/** Three keys: one active, one not, one deleted. */
const keys: string[] = [];
beforeAll(async () => {
  for (const name of ['on', 'off', 'gone']) keys.push((await cli.json(['keys', 'create', '--name', name])).document.id);
  await cli.run(['keys', 'inactivate', keys[1]!]);
  await cli.run(['keys', 'delete', keys[2]!, '--confirm']);
  for (const name of ['on', 'off', 'gone']) await cli.run(['servers', 'add', name, '--url', 'http://127.0.0.1:9/mcp']);
  await cli.run(['servers', 'disable', 'off']);
  await cli.run(['servers', 'remove', 'gone', '--confirm']);
  await cli.run(['servers', 'credential', 'on', '--key', keys[0]!, '--header', 'x-a: b']);
  const file = { version: 1, servers: { on: { url: 'http://127.0.0.1:9/mcp' } } };
  await writeFile(join(cli.folder, 'apply.json'), JSON.stringify(file));
  await writeFile(
    join(cli.folder, 'import.json'),
    JSON.stringify({ mcpServers: { on: { url: 'http://127.0.0.1:9/mcp' } } }),
  );
});

// Whoever made it so a moment ago may have been killed before the gateways knew.
it('what is so already is confirmed by every gateway, or the one that did not is named [ops-cluster-report]', async () => {
  await using hung = await openConnection({ url: cli.database.url, applicationName: 'a gateway that hangs' });
  await announceReplica(hung, 'replica-b');
  const commands = [
    ['keys', 'activate', keys[0]!],
    ['keys', 'inactivate', keys[1]!],
    ['keys', 'delete', keys[2]!, '--confirm'],
    ['keys', 'access', keys[0]!, '--never-expires'],
    ['servers', 'enable', 'on'],
    ['servers', 'disable', 'off'],
    ['servers', 'remove', 'gone', '--confirm'],
    ['servers', 'approve', 'on'],
    ['servers', 'update', 'on', '--url', 'http://127.0.0.1:9/mcp'],
    ['servers', 'credential', 'on', '--key', keys[0]!, '--header', 'x-a: b'],
    ['servers', 'import', 'import.json', '--update'],
    ['apply', '--file', 'apply.json'],
  ];
  const reports = await Promise.all(
    commands.map(async (argv) => {
      const { code, stdout } = await cli.run([...argv, '--json']);
      const { changed, unconfirmed, error } = JSON.parse(stdout) as Record<string, unknown>;
      return { argv, code, changed, unconfirmed, error };
    }),
  );
  for (const report of reports) expect(report).toMatchObject({ code: 0, unconfirmed: ['replica-b'], error: undefined });
  expect(reports.filter(({ changed }) => changed === true)).toEqual([]);
});

it('what is refused because it was done before is confirmed, too, or the gateway is named that did not [ops-cluster-report]', async () => {
  const { id } = (await cli.json(['keys', 'create', '--name', 'rotated'])).document;
  await cli.run(['keys', 'rotate', id]);
  await using hung = await openConnection({ url: cli.database.url, applicationName: 'a gateway that hangs' });
  await announceReplica(hung, 'replica-b');
  const commands = [
    ['keys', 'rotate', id],
    ['keys', 'rotate', keys[2]!],
    ['keys', 'inactivate', keys[2]!],
    ['servers', 'add', 'on', '--url', 'http://127.0.0.1:10/mcp'],
  ];
  const codes = ['key-already-rotated', 'key-deleted', 'key-deleted', 'server-exists'];
  const reports = await Promise.all(commands.map((argv) => cli.json(argv)));
  expect(reports.map(({ code, document: { error } }) => [code, error.code])).toEqual(codes.map((code) => [1, code]));
  for (const { document } of reports) expect(document.error.message).toContain('Not confirmed in time by: replica-b.');
});
