import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliFixture } from './cliFixture.ts';

const URL = 'http://127.0.0.1:1/mcp';
const cli = cliFixture();
let key: string;
let last = 0;
beforeAll(async () => {
  await writeFile(join(cli.folder, 'secret'), 'hush-hush\n');
  key = (await cli.json(['keys', 'create', '--name', 'ci'])).document.id;
  await cli.run(['servers', 'add', 'web', '--url', URL]);
  await cli.run(['servers', 'add', 'program', '--', 'true']);
});

describe('a secret on the command line', () => {
  it.each<[what: string, argv: readonly string[], remedy: string]>([
    [
      'a variable of a new server',
      ['servers', 'add', 'new', '--env', 'TOKEN=hush-hush', '--', 'true'],
      '--env TOKEN=@FILE',
    ],
    [
      'a header of one',
      ['servers', 'add', 'new', '--url', URL, '--header', 'Authorization: Bearer hush-hush'],
      "--header 'Authorization: @FILE'",
    ],
    [
      'a changed header',
      ['servers', 'update', 'web', '--header', 'X-Api-Key: hush-hush'],
      "--header 'X-Api-Key: @FILE'",
    ],
    ['a value that begins with @', ['servers', 'update', 'program', '--env', 'TOKEN=@@hush-hush'], '--env TOKEN=@FILE'],
    ['a dry run', ['servers', 'update', 'program', '--env', 'TOKEN=hush-hush', '--dry-run'], '--env TOKEN=@FILE'],
  ])('is warned of once, with the remedy: %s [cli-literal-secrets]', async (_what, argv, remedy) => {
    for (const form of [argv, ['--json', ...argv]]) {
      const { code, stdout, stderr } = await cli.run(form.map((word) => (word === 'new' ? `new-${++last}` : word)));
      expect(code).toBe(0);
      expect(stderr.match(/warning: /g)).toHaveLength(1);
      expect(stderr).toContain('list of processes');
      expect(stderr).toContain(remedy);
      expect(stdout + stderr).not.toContain('hush');
    }
  });

  it('is warned of in one sentence, however many there are, and for one key as well [cli-literal-secrets]', async () => {
    const headers = ['--header', 'X-Token: hush', '--header', 'Cookie: hush', '--header', 'X-Tenant: acme'];
    const { stderr } = await cli.run(['servers', 'credential', 'web', '--key', key, ...headers]);
    expect(stderr.match(/warning: /g)).toHaveLength(1);
    expect(stderr).toContain('the header X-Token, the header Cookie are in the list');
    expect(stderr).not.toContain('X-Tenant');
  });

  it('is none that comes from a file, stdin or the environment, or that is a plain setting [cli-literal-secrets]', async () => {
    const ways = ['TOKEN=@secret', 'API_KEY=@-', 'PASSED_TOKEN', 'LOG_LEVEL=debug'].flatMap((env) => ['--env', env]);
    const run = { stdin: 'hush', env: { PASSED_TOKEN: 'hush' } };
    const argv = ['servers', 'add', 'quiet', ...ways, '--', 'true'];
    expect(await cli.run(argv, run)).toMatchObject({ code: 0, stderr: '' });
  });

  it('is refused where the variable it comes from is not set, with what to do [cli-literal-secrets]', async () => {
    const { code, stderr } = await cli.run(['servers', 'add', 'unset', '--env', 'UNSET_TOKEN', '--', 'true']);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('UNSET_TOKEN=@FILE') });
  });
});
