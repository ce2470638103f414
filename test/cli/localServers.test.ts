import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliFixture } from './cliFixture.ts';

const cli = cliFixture();

async function show(name: string) {
  return (await cli.json(['servers', 'show', name])).document;
}

describe('servers add NAME -- COMMAND', () => {
  it('registers what will be run, in the folder where it was tried out, and says so [cli-local-servers]', async () => {
    const argv = ['servers', 'add', 'files', '--', 'npx', '-y', '--json', 'a server', "it's"];
    const dry = await cli.run([...argv.slice(0, 3), '--dry-run', ...argv.slice(3)]);
    const { code, stdout, stderr } = await cli.run(argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const text of [dry.stdout, stdout]) {
      expect(text).toContain(String.raw`as the user that it runs as: npx -y --json 'a server' 'it'\''s'`);
      expect(text).toContain(`in the folder ${cli.folder}`);
    }
    expect(await show('files')).toMatchObject({
      transport: 'stdio',
      command: 'npx',
      args: ['-y', '--json', 'a server', "it's"],
      cwd: cli.folder,
      has_secrets: false,
    });
    expect(await cli.json(['servers', 'add', 'files', '--', ...argv.slice(4)])).toMatchObject({
      document: { changed: false },
    });
  });

  it('takes a folder relative to the current one, and a transport that goes with it [cli-local-servers]', async () => {
    await cli.run(['servers', 'add', 'tools', '--cwd', 'tools', '--transport', 'stdio', '--', './server']);
    expect(await show('tools')).toMatchObject({ command: './server', cwd: join(cli.folder, 'tools') });
    expect(await show('tools')).not.toHaveProperty('args');
  });

  it('reads variables from arguments, files, stdin and the environment, and never shows them [cli-local-servers] [cli-repeats-no-secret]', async () => {
    await writeFile(join(cli.folder, 'key.txt'), 'hush-file\n');
    await writeFile(join(cli.folder, 'more.env'), '# two\nexport FROM_FILE="hush dotenv"\nOVER=hush-under\n');
    const options = ['--env', 'PLAIN=hush-plain', '--env', 'KEY=@key.txt', '--env', 'PIPED=@-', '--env', 'AT=@@x'];
    const more = ['--env', 'PASSED', '--env-file', 'more.env', '--env', 'OVER=hush=over', '--env', 'EMPTY='];
    const run = { stdin: 'hush-stdin\n', env: { PASSED: 'hush-passed' } };
    const added = await cli.run(['servers', 'add', 'secret', ...options, ...more, '--', 'printenv'], run);
    expect(added).toMatchObject({ code: 0, stderr: '' });
    const shown = await show('secret');
    const names = ['FROM_FILE', 'OVER', 'PLAIN', 'KEY', 'PIPED', 'AT', 'PASSED', 'EMPTY'];
    expect(shown).toMatchObject({ env_names: names, has_secrets: true });
    expect(added.stdout).toContain(`with the variables ${names.join(', ')} (values hidden)`);
    expect(added.stdout + JSON.stringify(shown)).not.toContain('hush');
    expect((await cli.run(['servers', 'export'])).stdout).not.toContain('hush');
  });

  it.each<[words: string[], message: string]>([
    [['npx -y some-package'], 'leave out the quotes'],
    [['https://mcp.example.com/mcp'], 'a URL is given by --url'],
    [['API_KEY=hush', 'npx', 'x'], '--env NAME=value'],
    [[], 'After -- comes the command'],
  ])('refuses %j, which is no command [cli-local-servers]', async (words, message) => {
    for (const argv of [
      ['servers', 'add', 'slip'],
      ['servers', 'update', 'files'],
    ]) {
      const { code, stderr } = await cli.run([...argv, '--', ...words]);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
      expect(stderr).not.toContain('hush');
    }
  });

  it('warns of a secret that everybody on the machine could read [cli-local-servers]', async () => {
    const { code, stderr } = await cli.run(['servers', 'add', 'loud', '--', 'x', '--api-key', 'hush-argument']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: The server loud: its arguments have --api-key, /);
    expect(stderr).not.toContain('hush');
  });
});

describe('servers update NAME -- COMMAND', () => {
  it('gives a server another command, and its variables anew [cli-local-servers]', async () => {
    await cli.run(['servers', 'add', 'moving', '--env', 'A=1', '--env', 'B=2', '--', 'first', 'x']);
    const moved = ['servers', 'update', 'moving', '--', 'second'];
    expect(await cli.json(moved)).toMatchObject({ code: 2, document: { error: { code: 'server-secrets-needed' } } });
    const again = await cli.run([...moved.slice(0, 3), '--env', 'A=3', '--remove-env', 'B', ...moved.slice(3)]);
    expect(again.stdout).toContain('as the user that it runs as: second\n');
    const shown = await show('moving');
    expect(shown).toMatchObject({ command: 'second', cwd: cli.folder, env_names: ['A'] });
    expect(shown).not.toHaveProperty('args');
    expect((await cli.run(['servers', 'update', 'moving', '--title', 'T'])).stdout).toBe(
      'The server moving is updated.\n',
    );
    await cli.json(['servers', 'update', 'moving', '--cwd', '/', '--env', 'A=4']);
    expect(await show('moving')).toMatchObject({ command: 'second', cwd: '/', title: 'T' });
  });

  it('makes one of another transport of it [cli-local-servers]', async () => {
    await cli.run(['servers', 'add', 'turning', '--url', 'http://127.0.0.1:1/mcp', '--header', 'A: b']);
    const turned = await cli.json(['servers', 'update', 'turning', '--remove-header', 'A', '--', 'x', 'y']);
    expect(turned.document).toMatchObject({ transport: 'stdio', command: 'x', args: ['y'], cwd: cli.folder });
    expect(turned.document).not.toHaveProperty('url');
    const back = await cli.json(['servers', 'update', 'turning', '--url', 'http://127.0.0.1:1/mcp']);
    expect(back.document).toMatchObject({ transport: 'http' });
    expect(back.document).not.toHaveProperty('command');
  });
});
