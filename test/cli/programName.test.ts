import { describe, expect, it } from 'vitest';
import { programNameOf, programWordsOf } from '../../cli/programName.ts';
import { withCliName } from '../../src/cliName.ts';
import { describedCommandLine, describedCommands } from './commandTree.ts';
import { cliFixture } from './cliFixture.ts';

const cli = cliFixture();

describe('the name of the CLI', () => {
  it.each([
    ['/usr/bin/metamcp-cli', {}, 'metamcp-cli'],
    ['/x/node_modules/.bin/metamcp-cli', { npm_lifecycle_event: 'npx' }, 'npx metamcp-cli'],
    ['/home/a/clone/cli/main.ts', {}, 'node cli/main.ts'],
    ['/home/a/other/cli/main.ts', {}, 'node /home/a/other/cli/main.ts'],
    ["/home/a/clone/it's/main.js", {}, String.raw`node 'it'\''s/main.js'`],
    ['/home/a/clone/cli/main.ts', { npm_lifecycle_event: 'cli', npm_package_name: 'metamcp' }, 'npm run -s cli --'],
    ['/usr/bin/metamcp-cli', { npm_lifecycle_event: 'cli', npm_package_name: 'another' }, 'metamcp-cli'],
  ])('%s is called as it was started: %j, %s [cli-own-name]', (script, env, name) => {
    expect(programNameOf({ env, script, cwd: '/home/a/clone' })).toBe(name);
  });

  it('is a whole path for other programs, unless it is installed [cli-own-name]', () => {
    expect(programWordsOf('/usr/bin/metamcp-cli')).toEqual(['metamcp-cli']);
    expect(programWordsOf('/a/cli/main.ts')).toEqual([process.execPath, '/a/cli/main.ts']);
  });

  it('stands in help, answers, warnings and errors, and not in documents [cli-own-name]', async () => {
    const programName = 'npm run -s cli --';
    const run = (argv: readonly string[]) => cli.run(argv, { programName });
    expect((await run(['keys', 'create', '--help'])).stdout).toMatch(
      /^Usage: npm run -s cli -- keys create [^]*\n {2}npm run -s cli -- keys create --name laptop\n/,
    );
    expect((await run(['servers', 'list'])).stdout).toContain('Register one: npm run -s cli -- servers add');
    expect((await run(['servers', 'show', 'nobody'])).stderr).toContain('See: npm run -s cli -- servers list');
    expect((await run(['nonsense'])).stderr).toContain('See: npm run -s cli -- --help');
    expect((await run(['servers', 'show', 'nobody', '--json'])).stdout).toContain('npm run -s cli -- servers list');
    expect((await run(['schema', 'keys', 'list'])).stdout).toContain('metamcp-cli keys list --json');
  });

  it('is found before every command that there is [cli-own-name]', () => {
    const paths = describedCommands(describedCommandLine()).map(({ path }) => path);
    expect(paths).toContain('keys create');
    for (const path of paths) expect(withCliName(`metamcp-cli ${path} x`, 'y')).toBe(`y ${path} x`);
    expect(withCliName('metamcp-cli __complete', 'y')).toBe('metamcp-cli __complete');
  });
});
