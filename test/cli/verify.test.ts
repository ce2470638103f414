import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { makeApiKey, parseApiKey } from '../../src/auth/keyFormat.ts';
import { askHidden, confirm } from '../../cli/input/prompt.ts';
import { verifyKey } from '../../cli/commands/keys/verify.ts';
import { openSecretReader } from '../../cli/input/secretValues.ts';
import { openOutput } from '../../cli/output/output.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { sql } from '../../src/postgres/sql.ts';
import { openStores } from '../../src/stores/stores.ts';
import { Recorder, type Document } from './inProcess.ts';
import { cliFixture } from './cliFixture.ts';

const SCRIPT = ['/usr/bin/script', '/bin/script'].find((path) => existsSync(path));

const cli = cliFixture();

async function create(...options: string[]): Promise<Document> {
  return (await cli.json(['keys', 'create', '--name', 'ci', ...options])).document;
}

const verify = (key: string, ...options: string[]) => cli.json(['keys', 'verify', ...options], { stdin: `${key}\n` });

describe('keys verify', () => {
  it('says of a good key what it may do, for people and programs [cli-verify]', async () => {
    const { id, api_key } = await create('--grant', 'github:search_*', '--expires-in', '2d');
    expect(await verify(api_key)).toMatchObject({
      code: 0,
      stderr: '',
      document: {
        well_formed: true,
        good: true,
        id,
        key: { id, name: 'ci', status: 'active', scopes: ['mcp', 'servers:read'], grants: ['github:search_*'] },
      },
    });
    const text = await cli.run(['keys', 'verify'], { stdin: api_key });
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toMatch(/The key is good\.\n[^]*Grants +github:search_\*/);
  });

  it('reads the key from a file or stdin, and never repeats it [cli-verify] [cli-repeats-no-secret]', async () => {
    const { api_key } = await create();
    await writeFile(join(cli.folder, 'key'), `${api_key}\n`);
    for (const [argv, stdin] of [
      [['keys', 'verify', '--file', 'key'], ''],
      [['keys', 'verify', '--file', '-'], api_key],
      [['keys', 'verify', '--offline'], api_key],
      [['keys', 'verify', api_key], ''],
      [['keys', 'verify', '--file', api_key], ''],
      [['keys', 'verify', `--key=${api_key}`], ''],
    ] as const) {
      for (const { stdout, stderr } of [
        await cli.run(argv, { stdin }),
        await cli.run(['--json', ...argv], { stdin }),
      ]) {
        expect(stdout + stderr).not.toContain(api_key.slice(-49));
        expect(stdout + stderr).not.toBe('');
      }
    }
    expect(await cli.run(['keys', 'verify', '--file', 'key'])).toMatchObject({ code: 0 });
    expect(await cli.run(['keys', 'verify', api_key])).toMatchObject({ code: 2, stdout: '' });
    expect(await cli.run(['keys', 'verify', '--file', 'none'])).toMatchObject({ code: 2, stdout: '' });
  });

  it('finds typos without any store [cli-verify]', async () => {
    const { id, api_key } = await create();
    const env = { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing' };
    const offline = (stdin: string, ...options: string[]) => cli.json(['keys', 'verify', ...options], { stdin, env });
    expect(await offline(api_key, '--offline')).toMatchObject({ code: 0, document: { well_formed: true, id } });
    expect((await cli.run(['keys', 'verify', '--offline'], { stdin: api_key, env })).stdout).toContain(id);
    const swapped = api_key.slice(0, 30) + (api_key[30] === 'a' ? 'b' : 'a') + api_key.slice(31);
    for (const wrong of [swapped, api_key.slice(1), `${api_key}x`, '', 'Bearer x']) {
      // A malformed key is found out before a store is opened: this one can't be reached.
      expect(await offline(wrong)).toMatchObject({
        code: 1,
        document: { well_formed: false, good: false, refusal: { code: 'key-malformed' } },
      });
    }
    expect(await offline(api_key)).toMatchObject({ code: 3, document: { error: { code: 'database-unavailable' } } });
  });

  it('says what refuses a key that is not good, and shows the record to whoever has it [cli-verify] [cli-exit-codes]', async () => {
    const inactive = await create();
    await cli.run(['keys', 'inactivate', inactive.id]);
    const deleted = await create();
    await cli.run(['keys', 'delete', deleted.id, '--confirm']);
    const rotated = await create();
    await cli.run(['keys', 'rotate', rotated.id]);
    const rotating = await create();
    await cli.run(['keys', 'rotate', rotating.id, '--grace', '1h']);
    const expired = await create('--expires-in', '1h');
    await cli.database.db.query(
      sql`update api_keys set expires_at = now() - interval '1 s' where id = ${expired.id}::uuid`,
    );
    const unknown = makeApiKey('019a0000-0000-7000-8000-000000000000', Buffer.alloc(32, 1)).text;
    const other = makeApiKey(inactive.id, Buffer.alloc(32, 1)).text;
    for (const [key, code, shown] of [
      [inactive.api_key, 'key-inactive', true],
      [rotated.api_key, 'key-rotated', true],
      [expired.api_key, 'key-expired', true],
      [deleted.api_key, 'key-deleted', false],
      [unknown, 'key-not-found', false],
      [other, 'key-secret-wrong', false],
    ] as const) {
      const json = await verify(key);
      expect(json).toMatchObject({ code: 1, document: { well_formed: true, good: false, refusal: { code } } });
      expect('key' in json.document).toBe(shown);
      const text = await cli.run(['keys', 'verify'], { stdin: key });
      expect(text).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error: /) });
      expect(text.stdout.includes('Grants')).toBe(shown);
    }
    expect(await verify(rotating.api_key)).toMatchObject({ code: 0, document: { key: { status: 'rotated' } } });
  });

  it('asks Argon2 once about a right secret, and never about a wrong one [cli-verify] [auth-guessing-is-cheap]', async () => {
    const { id, api_key } = await create();
    await using stores = await openStores({
      settings: readSettings({ env: cli.env, cwd: cli.folder }),
      logger: createLogger('silent'),
      applicationName: 'test',
    });
    let verifications = 0;
    const counting = {
      ...stores.argon,
      verify: (phc: string, secret: string) => (verifications++, stores.argon.verify(phc, secret)),
    };
    async function verifyWith(text: string) {
      const stdin = new PassThrough().end(text);
      const stdout = new Recorder();
      const output = openOutput({ stdout, stderr: new Recorder(), env: {}, json: true });
      const work = { stores: { ...stores, argon: counting } };
      await verifyKey(
        {
          output,
          stdin,
          stderr: new Recorder(),
          env: {},
          cwd: cli.folder,
          withStores: (use: (opened: typeof work) => unknown) => use(work),
        } as never,
        {},
      ).catch(() => undefined);
      return (JSON.parse(stdout.text) as { good: boolean }).good;
    }
    expect(await verifyWith(makeApiKey(id, Buffer.alloc(32, 9)).text)).toBe(false);
    expect(verifications).toBe(0);
    expect(await verifyWith(api_key)).toBe(true);
    expect(verifications).toBe(1);
    expect(parseApiKey(api_key)?.id).toBe(id);
  });
});

describe('a hidden question', () => {
  /** A terminal as a program sees it: keys come in, what is shown goes out. */
  function openTerminal() {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    return { stdin, stderr: new Recorder(80) };
  }

  it('shows the question and not the answer [cli-prompts]', async () => {
    const terminal = openTerminal();
    const answer = askHidden(terminal, 'API key: ');
    terminal.stdin.write('hush-hush\r');
    expect(await answer).toBe('hush-hush');
    expect(terminal.stderr.text).toContain('API key: ');
    expect(terminal.stderr.text).not.toContain('hush');
  });

  it('is asked for the value of a header that is to come from stdin, when that is a terminal [cli-prompts] [cli-repeats-no-secret]', async () => {
    const terminal = openTerminal();
    const headers = openSecretReader({ ...terminal, env: {}, cwd: cli.folder }).headers([
      'X-Plain: 1',
      'Authorization: @-',
    ]);
    terminal.stdin.write('Bearer hush-hush\r');
    expect(await headers).toEqual({ 'X-Plain': '1', Authorization: 'Bearer hush-hush' });
    expect(terminal.stderr.text).toContain('Authorization: ');
    expect(terminal.stderr.text).not.toContain('hush');
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('ends with a refusal on %s [cli-prompts]', async (_key, typed) => {
    const terminal = openTerminal();
    const answer = askHidden(terminal, 'API key: ');
    terminal.stdin.write(typed);
    await expect(answer).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('and one for yes or no is repeated until it is answered [cli-prompts]', async () => {
    const terminal = openTerminal();
    const answer = confirm(terminal, 'Write it?', false);
    terminal.stdin.write('maybe\r');
    terminal.stdin.write('y\r');
    expect(await answer).toBe(true);
    const no = openTerminal();
    const refused = confirm(no, 'Write it?', false);
    no.stdin.write('\r');
    expect(await refused).toBe(false);
  });

  it.skipIf(SCRIPT === undefined)(
    'keeps the key off a real terminal [cli-prompts] [cli-repeats-no-secret]',
    async () => {
      const { api_key } = await create();
      const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
      const child = spawn(SCRIPT!, ['-qec', `"${process.execPath}" "${main}" keys verify --offline`, '/dev/null'], {
        cwd: cli.folder,
        env: { ...process.env, ...cli.env, XDG_CACHE_HOME: cli.folder },
      });
      let seen = '';
      const closed = once(child, 'close');
      child.stdout.on('data', (chunk: Buffer) => {
        const before = seen;
        seen += chunk.toString();
        if (!before.includes('API key: ') && seen.includes('API key: ')) child.stdin.write(`${api_key}\r`);
      });
      expect((await closed)[0]).toBe(0);
      expect(seen).toContain('The key is well-formed');
      expect(seen).not.toContain(api_key.slice(-49));
    },
  );
});
