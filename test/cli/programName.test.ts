import { describe, expect, it } from 'vitest';
import { programNameOf, programWordsOf } from '../../cli/programName.ts';
import { noticeLine } from '../../cli/tui/frame/frameLines.ts';
import { recordLines } from '../../cli/tui/frame/text/recordLines.ts';
import { plain } from '../../cli/tui/frame/text/style.ts';
import { keyFields } from '../../cli/views/keyView.ts';
import { withCliName } from '../../src/cliName.ts';
import { keyRow, NOW, startState } from '../tui/stateWorld.ts';
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

  it('is that of the gateway, too, where it is to be started [cli-own-name]', async () => {
    await cli.run(['servers', 'add', 'files', '--', 'true']);
    const { stderr } = await cli.run(['servers', 'restart', 'files'], { env: { SERVER_PORT: '1' } });
    expect(stderr).toContain('start it (npm start)');
  });

  it('stands in what the terminal interface shows [cli-own-name]', () => {
    const row = keyRow(1, { fault: 'hidden' });
    const command = 'npm run -s cli -- db status';
    const reader = { columns: 200, programName: 'npm run -s cli --' };
    expect(recordLines(keyFields(row, NOW), reader, plain).join('\n')).toContain(`(what to do: ${command})`);
    const notice = { text: 'See: metamcp-cli db status', tone: 'error', sinceMs: NOW } as const;
    expect(noticeLine({ ...startState(), programName: reader.programName, notice }, plain)).toContain(command);
  });

  it('is found before every command that there is [cli-own-name]', () => {
    const paths = describedCommands(describedCommandLine()).map(({ path }) => path);
    expect(paths).toContain('keys create');
    for (const path of paths) expect(withCliName(`metamcp-cli ${path} x`, 'y')).toBe(`y ${path} x`);
    expect(withCliName('metamcp-cli __complete', 'y')).toBe('metamcp-cli __complete');
  });
});
