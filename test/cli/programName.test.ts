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
  const CLONE = '/home/a/clone';
  const NPX = { npm_lifecycle_event: 'npx' };
  it.each([
    ['/usr/bin/metamcp-cli', {}, undefined, 'metamcp-cli'],
    ['/usr/bin/metamcp', {}, undefined, 'metamcp cli'],
    ['/x/node_modules/.bin/metamcp-cli', NPX, undefined, 'npx metamcp-cli'],
    ['/x/node_modules/.bin/metamcp', NPX, undefined, 'npx metamcp cli'],
    ['/x/node_modules/metamcp/bin/metamcp-cli.cjs', {}, undefined, 'node /x/node_modules/metamcp/bin/metamcp-cli.cjs'],
    [`${CLONE}/bin/metamcp-cli.cjs`, {}, CLONE, './metamcp-cli'],
    [`/home/a/other one/bin/metamcp-cli.cjs`, {}, '/home/a/other one', `'/home/a/other one/metamcp-cli'`],
    [`${CLONE}/cli/main.ts`, {}, CLONE, 'node cli/main.ts'],
    ['/home/a/other/cli/main.ts', {}, '/home/a/other', 'node /home/a/other/cli/main.ts'],
    ["/home/a/clone/it's/main.js", {}, undefined, String.raw`node 'it'\''s/main.js'`],
  ])('%s is called as it was started: %j, %s, %s [cli-own-name]', (script, env, clone, name) => {
    expect(programNameOf({ env, script, cwd: CLONE, clone })).toBe(name);
  });

  it.each([
    ['/usr/bin/metamcp-cli', {}, undefined, ['metamcp-cli']],
    ['/usr/bin/metamcp', {}, undefined, ['metamcp', 'cli']],
    ['/x/node_modules/.bin/metamcp', NPX, undefined, ['npx', '--yes', 'metamcp', 'cli']],
    [`${CLONE}/bin/metamcp-cli.cjs`, {}, CLONE, [`${CLONE}/metamcp-cli`]],
    ['/a/cli/main.ts', {}, '/a', [process.execPath, '/a/cli/main.ts']],
  ])('%s is started by other programs, in any folder: %j, %s, %j [cli-own-name]', (script, env, clone, words) => {
    expect(programWordsOf({ env, script, clone })).toEqual(words);
  });

  it('stands in help, answers, warnings and errors, and not in documents [cli-own-name]', async () => {
    const programName = './metamcp-cli';
    const run = (argv: readonly string[]) => cli.run(argv, { programName });
    expect((await run(['keys', 'create', '--help'])).stdout).toMatch(
      /^Usage: \.\/metamcp-cli keys create [^]*\n {2}\.\/metamcp-cli keys create --name laptop\n/,
    );
    expect((await run(['servers', 'list'])).stdout).toContain('Register one: ./metamcp-cli servers add');
    expect((await run(['servers', 'show', 'nobody'])).stderr).toContain('See: ./metamcp-cli servers list');
    expect((await run(['nonsense'])).stderr).toContain('See: ./metamcp-cli --help');
    expect((await run(['servers', 'show', 'nobody', '--json'])).stdout).toContain('./metamcp-cli servers list');
    expect((await run(['schema', 'keys', 'list'])).stdout).toContain('metamcp-cli keys list --json');
  });

  it('is that of the gateway, too, where it is to be started [cli-own-name]', async () => {
    await cli.run(['servers', 'add', 'files', '--', 'true']);
    const { stderr } = await cli.run(['servers', 'restart', 'files'], { env: { SERVER_PORT: '1' } });
    expect(stderr).toContain('start it (npm start)');
  });

  it('stands in what the terminal interface shows [cli-own-name]', () => {
    const row = keyRow(1, { fault: 'hidden' });
    const command = './metamcp-cli db status';
    const reader = { columns: 200, programName: './metamcp-cli' };
    expect(recordLines(keyFields(row, NOW), reader, plain).join('\n')).toContain(`(what to do: ${command})`);
    const notice = { text: 'See: metamcp-cli db status', tone: 'error', sinceMs: NOW } as const;
    expect(noticeLine({ ...startState(), programName: reader.programName, notice }, plain)).toContain(command);
  });

  it('is put in once, however often a message passes by [cli-own-name]', () => {
    for (const name of ['./metamcp-cli', '/opt/bin/metamcp-cli', 'npx metamcp-cli', 'npx metamcp cli', 'metamcp-cli']) {
      const named = withCliName('See metamcp-cli db status; metamcp-cli keys list', name);
      expect(named).toBe(`See ${name} db status; ${name} keys list`);
      expect(withCliName(named, name)).toBe(named);
    }
  });

  it('is found before every command that there is [cli-own-name]', async () => {
    const paths = describedCommands(await describedCommandLine()).map(({ path }) => path);
    expect(paths).toContain('keys create');
    for (const path of paths) expect(withCliName(`metamcp-cli ${path} x`, 'y')).toBe(`y ${path} x`);
    expect(withCliName('metamcp-cli __complete', 'y')).toBe('metamcp-cli __complete');
  });
});
