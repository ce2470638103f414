import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXPORT_FORMATS } from '../../cli/commands/servers.ts';
import { exportFormats } from '../../src/configuration/exportFile.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { DANGEROUS, HOSTILE } from './hostileText.ts';
import { openInProcessCli, type InProcessCli } from './inProcess.ts';
import { keepStores, type KeptStores } from './keptStores.ts';

interface Exported {
  readonly format: string;
  readonly text: string;
  readonly variables: readonly { readonly name: string; readonly server: string; readonly field: string }[];
  readonly lost: readonly string[];
}

/** The values of the variables that the export names. */
const VALUES: Record<string, string> = {
  FULL_AUTHORIZATION: 'Bearer hush-1',
  FULL_X_TEAM_ID: 'hush-$2 ${not a reference}',
  MCP_1ST_A_B: 'hush-3',
  MCP_1ST_A_B_2: 'hush-4',
};

let database: TestDatabase;
let other: TestDatabase;
let cli: InProcessCli;
let elsewhere: InProcessCli;
let kept: KeptStores;
beforeAll(async () => {
  database = await createTestDatabase();
  other = await createTestDatabase();
  kept = keepStores();
  cli = await openInProcessCli(database.url, {}, kept.open);
  elsewhere = await openInProcessCli(other.url, {}, kept.open);
  const add = async (...argv: string[]) => {
    expect(await cli.run(['servers', 'add', ...argv])).toMatchObject({ code: 0 });
  };
  await add('plain', '--url', 'https://plain.example/mcp');
  await add(
    ...['full', '--url', 'https://full.example/mcp', '--title', HOSTILE, '--description', 'Line one\nline: two "#"'],
    ...['--header', 'Authorization: Bearer hush-1', '--header', 'X-Team-ID: hush-$2 ${not a reference}'],
    ...['--connect-timeout', '20s', '--idle-timeout', '90s', '--total-timeout', '2h', '--max-in-flight', '7'],
    ...['--isolation', 'shared'],
  );
  await add('1st', '--url', 'https://first.example/mcp', '--header', 'A-B: hush-3', '--header', 'A_B: hush-4');
  await add('off', '--url', 'https://off.example/sse-like/mcp');
  await cli.run(['servers', 'disable', 'off']);
});
afterAll(async () => {
  await kept[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
  await elsewhere[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});

async function exported(from: InProcessCli, format: string): Promise<Exported> {
  const { code, stdout, stderr } = await from.run(['servers', 'export', '--format', format, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  // The document is described by the interface above.
  return JSON.parse(stdout) as Exported;
}

describe('servers export', () => {
  it('the formats are those of the help', () => {
    expect(EXPORT_FORMATS).toEqual([...exportFormats]);
  });

  it.each([...exportFormats])(
    'as %s, imported again, changes nothing, and has no secret in it [configuration-export-round-trip] [configuration-no-secrets]',
    async (format) => {
      const { text, variables } = await exported(cli, format);
      expect(text).not.toContain('hush');
      expect(variables.map(({ name }) => name)).toEqual([
        'MCP_1ST_A_B',
        'MCP_1ST_A_B_2',
        'FULL_AUTHORIZATION',
        'FULL_X_TEAM_ID',
      ]);
      const file = format === 'codex' ? 'config.toml' : format === 'metamcp' ? 'metamcp.yaml' : 'mcp.json';
      await writeFile(join(cli.folder, file), text);
      const again = await cli.run(['servers', 'import', file, '--update', '--json'], { env: VALUES });
      expect(again.code).toBe(0);
      const { servers } = JSON.parse(again.stdout) as { servers: readonly { name: string; action: string }[] };
      expect(servers.map(({ name, action }) => `${name} ${action}`).toSorted()).toEqual([
        '1st none',
        'full none',
        'off none',
        'plain none',
      ]);
    },
  );

  it('as metamcp sets up another gateway alike, and exports the same there [configuration-export-round-trip]', async () => {
    const { text, lost } = await exported(cli, 'metamcp');
    expect(lost).toEqual([]);
    await writeFile(join(elsewhere.folder, 'metamcp.yaml'), text);
    const { code } = await elsewhere.run(['servers', 'import', 'metamcp.yaml'], { env: VALUES });
    expect(code).toBe(0);
    expect((await exported(elsewhere, 'metamcp')).text).toBe(text);
  });

  it('as metamcp keeps what looks like a reference and is none; other formats can’t, and that is told', async () => {
    const odd = 'https://odd.example/mcp?a=${b}';
    await elsewhere.run(['servers', 'add', 'odd', '--url', odd]);
    const { text } = await exported(elsewhere, 'metamcp');
    await writeFile(join(elsewhere.folder, 'odd.yaml'), text);
    await elsewhere.run(['servers', 'remove', 'odd', '--confirm']);
    await elsewhere.run(['servers', 'import', 'odd.yaml', '--only', 'odd']);
    expect((await elsewhere.run(['servers', 'show', 'odd'])).stdout).toContain(odd);
    expect((await exported(elsewhere, 'claude')).lost.join()).toContain('odd: its address has ${ in it');
  });

  it('tells what a format can’t hold, on stderr, and which variables to set, in the file', async () => {
    const { stdout, stderr, code } = await cli.run(['servers', 'export', '--format', 'cursor', '--only', 'full']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      mcpServers: {
        full: {
          type: 'http',
          url: 'https://full.example/mcp',
          headers: { Authorization: '${env:FULL_AUTHORIZATION}', 'X-Team-ID': '${env:FULL_X_TEAM_ID}' },
        },
      },
    });
    expect(stderr).toContain(
      'full: the format can’t hold its title, description, isolation, limits, connect time-out, idle time-out, total time-out.',
    );
    const own = await cli.run(['servers', 'export', '--only', 'full']);
    expect(own.stdout).toMatch(/^# To set before it is applied: FULL_AUTHORIZATION, FULL_X_TEAM_ID\nversion: 1\n/);
  });

  it('asks in VS Code for each secret, as a password', async () => {
    const { text } = await exported(cli, 'vscode');
    const { inputs } = JSON.parse(text) as { inputs: object[] };
    expect(inputs).toContainEqual({
      type: 'promptString',
      id: 'FULL_AUTHORIZATION',
      description: 'headers.Authorization of full',
      password: true,
    });
  });

  it('is safe to print in any format [cli-hostile-text]', async () => {
    for (const format of exportFormats) {
      const { stdout } = await cli.run(['servers', 'export', '--format', format]);
      expect(stdout.replaceAll('\n', '')).not.toMatch(DANGEROUS);
    }
  });

  it('of a server that is not there is refused, of none is an empty file', async () => {
    expect(await cli.run(['servers', 'export', '--only', 'nothing'])).toMatchObject({ code: 1, stdout: '' });
    const empty = await createTestDatabase();
    const nothing = await openInProcessCli(empty.url);
    expect(await nothing.run(['servers', 'export'])).toEqual({
      code: 0,
      stdout: 'version: 1\nservers: {}\n',
      stderr: '',
    });
    await nothing[Symbol.asyncDispose]();
    await empty[Symbol.asyncDispose]();
  });
});
