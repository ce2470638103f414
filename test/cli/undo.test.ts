import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { cliFixture } from './cliFixture.ts';
import type { Document } from './inProcess.ts';
import { runWithPerson } from './terminal.ts';

const cli = cliFixture();

let key: Document;
beforeEach(async () => {
  key = (await cli.json(['keys', 'create', '--name', 'laptop', '--grant', 'github', '--tag', 'team=a'])).document;
});
const show = async (id = key.id) => (await cli.json(['keys', 'show', id])).document;
const change = async (...argv: string[]) => expect((await cli.run(argv)).code).toBe(0);
const undone = async (...argv: string[]) =>
  JSON.parse((await cli.run(['--json', 'undo', ...argv])).stdout) as {
    readonly event: Document;
    readonly correlation_id: string;
  }[];

describe('undo', () => {
  it('takes back the last change of the one who asks, by another event that names it [cli-undo]', async () => {
    await change('keys', 'inactivate', key.id, '--reason', 'lost');
    // What somebody else has done since is not theirs to take back.
    await change('--as', 'somebody', 'servers', 'add', `s-${key.id.slice(-8)}`, '--url', 'http://127.0.0.1:1/mcp');
    const [foreseen] = await undone('--dry-run');
    expect(foreseen).toMatchObject({
      dry_run: true,
      would_append: ['ApiKeyActivated'],
      undo: 'Activates the key again.',
    });
    expect((await show()).status).toBe('inactive');
    const [done] = await undone('--confirm');
    expect(done).toMatchObject({ changed: true, event: { type: 'ApiKeyInactivated' } });
    const { status, history } = await show();
    expect(status).toBe('active');
    expect(history.at(-1)).toMatchObject({
      type: 'ApiKeyActivated',
      correlation_id: done?.correlation_id,
      data: { reason: expect.stringContaining('undo of ApiKeyInactivated') },
    });
    // An undo is a change, and so it can be undone.
    await undone('--confirm', '--reason', 'it is lost indeed');
    expect(await show()).toMatchObject({ status: 'inactive' });
  });

  it('takes back all that one command has done to several keys [cli-undo]', async () => {
    const other = (await cli.json(['keys', 'create', '--name', 'phone', '--grant', 'jira'])).document;
    await change('keys', 'access', key.id, other.id, '--add-grant', 'wiki', '--confirm');
    const done = await undone('--confirm');
    expect(done.map(({ event }) => (event as unknown as { subject: string }).subject).sort()).toEqual(
      [key.id, other.id].sort(),
    );
    expect(await show()).toMatchObject({ grants: ['github'] });
    expect(await show(other.id)).toMatchObject({ grants: ['jira'] });
  });

  it('takes back two changes of one key one after the other [cli-undo]', async () => {
    const file = join(cli.folder, 'both.metamcp.yaml');
    await writeFile(file, 'version: 1\nkeys:\n  both: {grants: [jira], owner: ann}\n');
    const { id } = (await cli.json(['keys', 'create', '--name', 'both', '--grant', 'github'])).document;
    await change('apply', '-f', file, '--yes');
    expect(await show(id)).toMatchObject({ grants: ['jira'], owner: 'ann' });
    expect(await undone('--confirm')).toHaveLength(2);
    expect(await show(id)).toMatchObject({ grants: ['github'] });
    expect(await show(id)).not.toHaveProperty('owner');
  });

  it('takes back the event that is named by the end of its id, as audit tail shows it [cli-undo]', async () => {
    await change('keys', 'label', key.id, '--tag', 'team=b', '--owner', 'ann');
    await change('keys', 'inactivate', key.id);
    const trail = await cli.list(['audit', 'tail', '-n', '2']);
    const id = trail[0]?.id.slice(-8) ?? '';
    expect((await cli.run(['audit', 'tail', '-n', '2'])).stdout).toContain(id);
    await undone(id, '--confirm');
    const now = await show();
    expect(now).toMatchObject({ status: 'inactive', tags: ['team=a'] });
    expect(now).not.toHaveProperty('owner');
    expect(await cli.run(['undo', 'ffffffff', '--confirm'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no such event'),
    });
    expect((await cli.run(['undo', 'not-an-id', '--confirm'])).code).toBe(2);
  });

  it('says why a deletion, a rotation or a creation stays [cli-undo]', async () => {
    expect(await cli.run(['undo', '--confirm'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('delete the key instead'),
    });
    await change('keys', 'rotate', key.id);
    expect(await cli.run(['undo', '--confirm'])).toMatchObject({ code: 1, stderr: expect.stringContaining('rotat') });
    await change('keys', 'delete', key.id, '--confirm');
    const { code, stdout } = await cli.run(['--json', 'undo', '--dry-run']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'undo-impossible', message: expect.stringContaining('final') },
    });
  });

  it('refuses to take back what was changed since, unless that is wanted [cli-undo]', async () => {
    await change('keys', 'access', key.id, '--grant', 'jira');
    const [event] = await cli.list(['audit', 'tail', '-n', '1']);
    await change('keys', 'access', key.id, '--add-grant', 'wiki');
    const refused = await cli.run(['undo', event?.id ?? '', '--confirm']);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/changed again since.*ApiKeyAccessChanged.*--overwrite/),
    });
    expect(await show()).toMatchObject({ grants: ['jira', 'wiki'] });
    await undone(event?.id ?? '', '--confirm', '--overwrite');
    expect(await show()).toMatchObject({ grants: ['github'] });
  });

  it('gives a server all of its settings from before [cli-undo]', async () => {
    const name = `u-${key.id.slice(-8)}`;
    await change('servers', 'add', name, '--url', 'http://127.0.0.1:1/mcp', '--header', 'X-Secret: hush');
    await change('servers', 'update', name, '--title', 'New', '--total-timeout', '10m');
    await undone('--confirm');
    const { document } = await cli.json(['servers', 'show', name]);
    expect(document).not.toHaveProperty('title');
    expect(document).toMatchObject({ header_names: ['X-Secret'], timeouts: { total_ms: 3_600_000 } });
  });

  it('shows on a terminal what it will do, and asks; elsewhere it needs --confirm [cli-undo] [cli-confirm]', async () => {
    await change('keys', 'inactivate', key.id);
    expect(await cli.run(['undo'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--confirm') });
    const ask = (text: string) => runWithPerson(cli, ['undo'], [{ question: 'Undo it? [y/N]', answer: () => text }]);
    expect(await ask('n\r')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/laptop \(\w{8}\) +Activates the key again\.[^]*Nothing was changed/),
    });
    expect(await ask('\u0003')).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing was changed') });
    expect((await show()).status).toBe('inactive');
    const asked = runWithPerson(
      cli,
      ['undo'],
      [
        {
          question: '[y/N]',
          answer: async () => {
            await change('--as', 'somebody', 'keys', 'label', key.id, '--owner', 'ben');
            return 'y\r';
          },
        },
      ],
    );
    expect(await asked).toMatchObject({ code: 1, stderr: expect.stringContaining('just changed it') });
    expect(await ask('y\r')).toMatchObject({ code: 0, stdout: expect.stringContaining('Activates the key again') });
    expect((await show()).status).toBe('active');
  });
});
