import { beforeAll, describe, expect, it } from 'vitest';
import { cliFixture } from './cliFixture.ts';

const NOWHERE = 'http://127.0.0.1:1/mcp';

const cli = cliFixture();
beforeAll(async () => {
  await cli.run(['servers', 'add', 'web', '--url', NOWHERE, '--header', 'X-Token: of-all']);
  await cli.run(['servers', 'add', 'program', '--env', 'TOKEN=of-all', '--', 'true']);
});

const createKey = async (): Promise<string> => (await cli.json(['keys', 'create', '--name', 'ci'])).document.id;
const credential = (server: string, key: string, ...options: string[]) =>
  cli.json(['servers', 'credential', server, '--key', key, ...options], { stdin: 'hush-hush\n' });

describe('servers credential', () => {
  it('gives, changes and takes what a server gets for one key, and shows names only', async () => {
    const key = await createKey();
    expect(await credential('web', key, '--header', 'X-Token: @-', '--header', 'X-More: 1')).toMatchObject({
      code: 0,
      document: { name: 'web', key: { id: key, name: 'ci' }, header_names: ['X-Token', 'X-More'], changed: true },
    });
    expect(await credential('program', key.slice(0, 30), '--env', 'TOKEN=@-')).toMatchObject({
      document: { env_names: ['TOKEN'] },
    });
    const server = await cli.json(['servers', 'show', 'web']);
    expect(server.document).toMatchObject({
      header_names: ['X-Token'],
      credentials: [{ key: { id: key, name: 'ci' }, header_names: ['X-Token', 'X-More'], outdated: false }],
    });
    const shown = await cli.json(['keys', 'show', key]);
    expect(shown.document).toMatchObject({
      credentials: [
        { server: 'program', header_names: [], env_names: ['TOKEN'] },
        { server: 'web', header_names: ['X-Token', 'X-More'], env_names: [] },
      ],
    });
    const trail = await cli.json(['audit', 'keys', key]);
    expect(JSON.stringify(trail.document)).toContain('X-More');
    const texts = await Promise.all(
      [
        ['servers', 'show', 'web'],
        ['keys', 'show', key],
      ].map((argv) => cli.run(argv)),
    );
    expect(texts[0]?.stdout).toContain(`ci (${key.slice(-8)}): X-Token, X-More (values hidden)`);
    expect(texts[1]?.stdout).toContain('program: TOKEN (values hidden); web: X-Token, X-More (values hidden)');
    for (const text of [server, shown, trail, texts].map((each) => JSON.stringify(each)))
      expect(text).not.toContain('hush');

    expect(await credential('web', key, '--unset', 'x-more', '--reason', 'no need')).toMatchObject({
      document: { header_names: ['X-Token'], changed: true },
    });
    expect(await credential('web', key, '--header', 'x-token: @-')).toMatchObject({ document: { changed: true } });
    expect(await credential('web', key, '--unset-all')).toMatchObject({
      document: { header_names: [], changed: true },
    });
    expect(await credential('web', key, '--unset-all')).toMatchObject({ code: 0, document: { changed: false } });
    expect((await cli.json(['servers', 'show', 'web'])).document).toMatchObject({ credentials: [] });
  });

  it('says what would be done in a dry run, and does nothing', async () => {
    const key = await createKey();
    expect(await credential('web', key, '--header', 'X-Token: @-', '--dry-run')).toMatchObject({
      document: { dry_run: true, would_append: ['ApiKeyCredentialSet'] },
    });
    expect((await cli.json(['keys', 'show', key])).document).not.toHaveProperty('credentials');
    expect(await credential('web', key, '--header', 'Host: x', '--dry-run')).toMatchObject({
      code: 2,
      document: { error: { code: 'server-header-invalid' } },
    });
  });

  it.each([
    ['web', ['--unset', 'X-Tokn'], 1, 'credential-not-found'],
    ['web', ['--env', 'A=1'], 2, 'server-variables-unexpected'],
    ['program', ['--header', 'A: 1'], 2, 'server-headers-unexpected'],
    ['nobody', ['--header', 'A: 1'], 1, 'server-not-found'],
  ])('refuses for %s: %j', async (server, options, exit, code) => {
    const refused = await credential(server, await createKey(), ...options);
    expect(refused).toMatchObject({ code: exit, document: { error: { code } } });
  });

  it('is taken out when its server is gone, named or whole, and another server of the name has nothing of it', async () => {
    const key = await createKey();
    for (const options of [['--unset', 'X-Token'], ['--unset-all']]) {
      await cli.run(['servers', 'add', 'gone', '--url', NOWHERE]);
      await credential('gone', key, '--header', 'X-Token: @-');
      await cli.run(['servers', 'remove', 'gone', '--confirm']);
      expect((await cli.json(['keys', 'show', key])).document).toMatchObject({
        credentials: [{ server: 'gone', fault: 'gone' }],
      });
      expect(await credential('gone', key, '--header', 'X-Token: @-')).toMatchObject({
        code: 1,
        document: { error: { code: 'server-not-found' } },
      });
      expect(await credential('gone', key, ...options)).toMatchObject({
        code: 0,
        document: { name: 'gone', header_names: [], changed: true },
      });
      expect((await cli.json(['keys', 'show', key])).document).not.toHaveProperty('credentials');
    }
    expect(await credential('gone', key, '--unset-all')).toMatchObject({ code: 1 });

    await cli.run(['servers', 'add', 'gone', '--url', NOWHERE]);
    await credential('gone', key, '--header', 'X-Token: @-');
    await cli.run(['servers', 'remove', 'gone', '--confirm']);
    await cli.run(['servers', 'add', 'gone', '--url', NOWHERE]);
    expect((await cli.json(['servers', 'show', 'gone'])).document).toMatchObject({ credentials: [] });
    const named = await credential('gone', key, '--unset', 'X-Token');
    expect(named.document).toMatchObject({ error: { code: 'credential-not-found' } });
    expect(JSON.stringify(named.document)).toContain('--unset-all');
    expect(await credential('gone', key, '--unset-all')).toMatchObject({ document: { changed: true } });
  });

  it('is told of a server that has moved, and an export of what it does not hold', async () => {
    const key = await createKey();
    await cli.run(['servers', 'add', 'moving', '--url', NOWHERE]);
    await credential('moving', key, '--header', 'X-Token: @-');
    await cli.run(['servers', 'update', 'moving', '--url', `${NOWHERE}/elsewhere`]);
    const moved = 'X-Token (values hidden), but the server has moved since';
    expect((await cli.run(['servers', 'show', 'moving'])).stdout).toContain(moved);
    expect((await cli.run(['keys', 'show', key])).stdout).toContain(moved);
    expect((await cli.json(['servers', 'show', 'moving'])).document).toMatchObject({
      credentials: [{ outdated: true, fault: 'outdated' }],
    });
    expect((await cli.json(['keys', 'show', key])).document).toMatchObject({
      credentials: [{ server: 'moving', fault: 'outdated' }],
    });
    const exported = await cli.json(['servers', 'export', '--only', 'moving']);
    expect(JSON.stringify(exported.document)).not.toContain('X-Token');
    expect(exported.document).toMatchObject({
      lost: [expect.stringContaining('moving: a file holds nothing of what it gets for single keys')],
    });
    expect(await cli.json(['servers', 'export', '--only', 'web'])).toMatchObject({ document: { lost: [] } });
  });
});
