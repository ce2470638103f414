import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shellWords } from '../../cli/input/shellWords.ts';
import { SHELLS } from '../../cli/completion/scripts.ts';
import { HOSTILE } from './hostileText.ts';
import { cliFixture } from './cliFixture.ts';

/** The program of a clone. */
const LAUNCHER = fileURLToPath(new URL('../../metamcp-cli', import.meta.url));
const PATH = process.env['PATH'] ?? '';

const cli = cliFixture();
/** Has a `metamcp-cli` that the shells find. */
let bin: string;
let keyId: string;
beforeAll(async () => {
  bin = await mkdtemp(join(tmpdir(), 'metamcp-bin-'));
  await symlink(LAUNCHER, join(bin, 'metamcp-cli'));
  for (const name of ['github', 'gitlab', 'jira']) {
    await cli.run(['servers', 'add', name, '--url', 'http://127.0.0.1:1/mcp']);
  }
  keyId = (await cli.json(['keys', 'create', '--name', HOSTILE])).document.id;
});
afterAll(async () => {
  await rm(bin, { recursive: true, force: true });
});

/** What is offered for the last of the words, as fish asks for it. */
async function offered(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await cli.run(['__complete', 'fish', '--', ...words], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [mode, ...lines] = stdout.trimEnd().split('\n');
  return { mode, values: lines.map((line) => line.split('\t')[0]) };
}

describe('completion', () => {
  it.each([
    [['key'], ['keys']],
    [['keys', 'in'], ['inactivate']],
    [['keys', 'ls'], ['ls']],
    [['key', 'rev'], ['revoke']],
    [
      ['server', 'rm', 'git'],
      ['github', 'gitlab'],
    ],
    [['servers', 'disable', 'github', ''], []],
    [['undo', '--ov'], ['--overwrite']],
    [
      ['keys', 'access', 'x', '--add-grant', 'git'],
      ['github', 'gitlab'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['servers', 'add', 'x', '--tr'], ['--transport']],
    [
      ['servers', 'add', 'x', '--transport', ''],
      ['http', 'sse'],
    ],
    [['servers', 'add', 'x', '--transport=s'], ['--transport=sse']],
    [
      ['servers', 'show', 'git'],
      ['github', 'gitlab'],
    ],
    [
      ['servers', 'show', '--json', 'git'],
      ['github', 'gitlab'],
    ],
    [['servers', 'disable', '--reason', 'why not', 'j'], ['jira']],
    [['servers', 'show', 'github', ''], []],
    [['servers', 'add', ''], []],
    [['keys', 'create', '--scope', 'servers:r'], ['servers:read']],
    [['keys', 'create', '--scope', 'mcp,audit'], ['mcp,audit:read']],
    [['keys', 'create', '--grant', 'j'], ['jira']],
    [['keys', 'create', '--name', ''], []],
    [['keys', 'create', '--js'], ['--json']],
    [['audit', 'tail', '--type', 'ApiKeyR'], ['ApiKeyRotated']],
    [
      ['init', '--client', 'c'],
      ['claude-code', 'claude-desktop', 'cursor', 'codex', 'cline', 'copilot-cli'],
    ],
    [['connect', 'w'], ['windsurf']],
    [['no', 'such', ''], []],
  ])('offers for %j: %j [cli-completion]', async (words, values) => {
    // A busy machine may not answer in the time that there is; then nothing is offered, as it must be.
    await expect.poll(() => offered(words), { timeout: 60_000 }).toEqual({ mode: 'words', values });
  });

  it('offers the names of keys, and the ids of those whose name no shell could take [cli-completion] [cli-hostile-text]', async () => {
    const ids: string[] = [];
    for (const name of ['laptop of Ann', 'laptop-2', 'laptop-2']) {
      ids.push((await cli.json(['keys', 'create', '--name', name])).document.id.slice(-8));
    }
    const laptops = async () => (await cli.run(['__complete', 'zsh', '--', 'keys', 'show', 'lap'])).stdout;
    await expect
      .poll(laptops, { timeout: 60_000 })
      .toBe(`words\nlaptop-2\t${ids[2]} (active), ${ids[1]} (active)\nlaptop of Ann\t${ids[0]} (active)\n`);
    for (const words of [
      ['usage', '--key', 'laptop-'],
      ['audit', 'tail', '--subject', 'laptop-'],
    ]) {
      await expect.poll(async () => (await offered(words)).values, { timeout: 60_000 }).toEqual(['laptop-2']);
    }
    for (const verb of ['show', 'inactivate', 'rotate', 'access', 'delete']) {
      await expect
        .poll(async () => (await offered(['keys', verb, keyId.slice(-8, -1)])).values, { timeout: 60_000 })
        .toEqual([keyId.slice(-8)]);
      await expect
        .poll(async () => (await offered(['keys', verb, keyId.slice(0, 24)])).values, { timeout: 60_000 })
        .toEqual([keyId]);
    }
    const last = async () =>
      (await cli.run(['__complete', 'fish', '--', 'keys', 'show', ''])).stdout.split('\n').at(-2);
    await expect
      .poll(last, { timeout: 60_000 })
      .toBe(`${keyId.slice(-8)}\tok\\u{1b}[2J\\u{1b}[31m\\u{202e}\\u{2066}\\u{200b}\\u{d}\\u{a}\\u{9b}5mx (active)`);
  });

  it('offers files where a file may stand [cli-completion]', async () => {
    expect(await offered(['keys', 'verify', '--file', ''])).toEqual({ mode: 'files', values: [] });
    expect(await offered(['--config', ''])).toEqual({ mode: 'files', values: [] });
    expect(await offered(['servers', 'add', 'x', '--', 'npx', ''])).toEqual({ mode: 'files', values: [] });
  });

  it('says nothing when no database answers, and starts none [cli-completion]', async () => {
    const nothing = { mode: 'words', values: [] };
    expect(await offered(['servers', 'show', ''], { DATABASE_URL: 'postgresql://x@127.0.0.1:1/x' })).toEqual(nothing);
    expect(await offered(['servers', 'show', ''], { DATABASE_URL: 'mysql://x' })).toEqual(nothing);
    const home = join(cli.folder, 'never-made');
    expect(await offered(['servers', 'show', ''], { DATABASE_URL: '', METAMCP_HOME: home })).toEqual(nothing);
    expect(existsSync(home)).toBe(false);
  });

  it('is printed for each shell, also as one document [cli-completion]', async () => {
    for (const shell of SHELLS) {
      expect((await cli.run(['completion', shell])).stdout).toContain(`__complete ${shell} --`);
      expect((await cli.run(['--json', 'completion', shell])).stdout).toMatch(/^\{"shell":/);
    }
    expect(await cli.run(['completion', 'tcsh'])).toMatchObject({ code: 2 });
  });
});

it('words are split as the shell splits them', () => {
  expect(shellWords('metamcp-cli keys ')).toEqual(['metamcp-cli', 'keys', '']);
  expect(shellWords(`a "b c" 'd"e' f\\ g "" --h="i j`)).toEqual(['a', 'b c', 'd"e', 'f g', '', '--h=i j']);
  expect(shellWords(`'a\\b' "c\\"d" "e\\f\\$g" h`)).toEqual(['a\\b', 'c"d', 'e\\f$g', 'h']);
  expect(shellWords('')).toEqual(['']);
});

/** What bash would put in the place of `replaced`, the end of the line. */
async function inBash(line: string, replaced = /[^ :="]*$/.exec(line)?.[0] ?? ''): Promise<string[]> {
  const script = `
    source <('${LAUNCHER}' completion bash)
    COMP_LINE=$1; COMP_POINT=\${#COMP_LINE}
    _metamcp_cli metamcp-cli "$2"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)('bash', ['-c', script, 'bash', line, replaced], {
    env: { ...cli.env, HOME: cli.folder, XDG_CACHE_HOME: cli.folder, PATH: `${bin}${delimiter}${PATH}` },
  });
  return stdout.trimEnd().split('\n');
}

const found = (program: string) => PATH.split(delimiter).some((folder) => existsSync(join(folder, program)));

describe.skipIf(!found('bash'))('in bash', () => {
  it('commands, values with colons and equals signs, and names are completed [cli-completion]', async () => {
    await expect.poll(() => inBash('metamcp-cli keys cr'), { timeout: 60_000 }).toEqual(['create']);
    // Bash breaks words at colons and equals signs, and replaces only what comes after.
    await expect
      .poll(() => inBash('metamcp-cli keys create --scope servers:w'), { timeout: 60_000 })
      .toEqual(['write']);
    await expect
      .poll(() => inBash('metamcp-cli servers add x --isolation=sh'), { timeout: 60_000 })
      .toEqual(['shared']);
    await expect.poll(() => inBash('metamcp-cli servers show git'), { timeout: 60_000 }).toEqual(['github', 'gitlab']);
    await expect
      .poll(() => inBash(`metamcp-cli keys show ${keyId.slice(0, 13)}`), { timeout: 60_000 })
      .toEqual([keyId]);
    await cli.run(['keys', 'create', '--name', 'Bob’s $PATH & more']);
    await expect
      .poll(() => inBash('metamcp-cli keys show Bob'), { timeout: 60_000 })
      .toEqual(['Bob\\’s\\ \\$PATH\\ \\&\\ more']);
    await expect
      .poll(() => inBash('metamcp-cli keys show "Bob’s \\$', 'Bob’s \\$'), { timeout: 60_000 })
      .toEqual(['Bob’s \\$PATH & more']);
    await cli.run(['keys', 'create', '--name', 'colon:']);
    // Nothing is left to insert.
    await expect.poll(() => inBash('metamcp-cli keys show colon:', ''), { timeout: 60_000 }).toEqual(['']);
    expect(await inBash('metamcp-cli keys create --grant ')).toContain('\\*');
  });

  it('a name that is completed is the word that the command gets, and runs nothing [cli-completion-quoting]', async () => {
    const witness = join(cli.folder, 'ran');
    const names = [
      `run $(touch ${witness})`,
      `run \`touch ${witness}\``,
      `run ;touch ${witness}`,
      'run "quoted" and \'so\'',
      'run back\\slash\\\\',
      'run !! !$ $HOME ~ * ? [a] {b,c} # | > & %s',
    ];
    for (const name of names) await cli.run(['keys', 'create', '--name', name]);
    const script: string[] = [];
    for (const open of ['run\\ ', '"run ', "'run "]) {
      const line = `metamcp-cli keys show ${open}`;
      const replaced = open.replace(/^["']/, '');
      const complete = async () =>
        (await cli.run(['__complete', 'bash', '--', line, replaced])).stdout.trimEnd().split('\n');
      const answer = async () => (await complete()).slice(1).map((each) => each.split('\t')[0] ?? '');
      await expect.poll(answer, { timeout: 60_000 }).toHaveLength(names.length);
      const quote = /^["']/.exec(open)?.[0] ?? '';
      script.push(...(await answer()).map((value) => `printf '%s\\0' ${quote}${value}${quote}`));
    }
    // As it is typed: only an interactive shell puts its history in the place of !.
    const child = spawn('bash', ['--norc', '--noprofile', '-i'], { env: { PATH, HOME: cli.folder }, cwd: cli.folder });
    child.stderr.resume();
    child.stdin.end(`${script.join('\n')}\n`);
    const printed = (await text(child.stdout)).split('\0').slice(0, -1);
    expect(printed.toSorted()).toEqual([...names, ...names, ...names].toSorted());
    expect(existsSync(witness)).toBe(false);
  });

  it.skipIf(!found('script'))('Tab completes on a real terminal [cli-completion]', async () => {
    const home = join(cli.folder, 'home');
    await mkdir(home, { recursive: true });
    const child = spawn('script', ['-qec', 'bash --norc --noprofile -i', '/dev/null'], {
      cwd: home,
      env: { ...cli.env, HOME: home, TERM: 'xterm', XDG_CACHE_HOME: cli.folder, PATH: `${bin}${delimiter}${PATH}` },
    });
    try {
      let seen = '';
      child.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
      child.stdin.write("PS1='re''ady> '; source <(metamcp-cli completion bash)\n");
      await expect.poll(() => seen, { timeout: 60_000 }).toContain('ready> ');
      child.stdin.write('metamcp-cli servers show ji\t');
      await expect.poll(() => seen, { timeout: 60_000 }).toContain('metamcp-cli servers show jira ');
      // As it is typed in a clone.
      child.stdin.write(`\u0015cd '${dirname(LAUNCHER)}'\n./metamcp-cli servers show ji\t`);
      await expect.poll(() => seen, { timeout: 60_000 }).toContain('./metamcp-cli servers show jira ');
    } finally {
      child.stdin.end('\u0003\u0004');
      child.kill();
    }
  });
});

// Not installed everywhere; their scripts are then only printed above, not run.
describe.each(['zsh', 'fish'] as const)('in %s', (shell) => {
  it.skipIf(!found(shell))('the script is read without a complaint [cli-completion]', async () => {
    const { stdout } = await cli.run(['completion', shell]);
    const file = join(cli.folder, `completion.${shell}`);
    await writeFile(file, stdout);
    const { stderr } = await promisify(execFile)(shell, ['-n', file]);
    expect(stderr).toBe('');
  });

  it.skipIf(!found(shell) || !found('script'))(
    'names are completed, quoted or not [cli-completion-quoting]',
    async () => {
      await cli.run(['keys', 'create', '--name', 'sly: back\\slash $(id)']);
      const home = join(cli.folder, shell);
      await mkdir(home, { recursive: true });
      const start = { zsh: 'zsh -f -i', fish: 'fish --no-config' }[shell];
      const child = spawn('script', ['-qec', start, '/dev/null'], {
        cwd: home,
        env: { ...cli.env, HOME: home, TERM: 'xterm', XDG_CACHE_HOME: cli.folder, PATH: `${bin}${delimiter}${PATH}` },
      });
      try {
        let seen = '';
        child.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
        const file = join(cli.folder, `completion.${shell}`);
        const before = shell === 'zsh' ? 'autoload -U compinit; compinit -u -D; ' : '';
        child.stdin.write(`${before}source '${file}'; echo re''ady\n`);
        await expect.poll(() => seen, { timeout: 60_000 }).toContain('ready');
        for (const typed of ['sly', '"sly', "'sly"]) {
          // The command itself shows what it got.
          child.stdin.write(`metamcp-cli keys show --json ${typed}\t`);
          await expect.poll(() => seen, { timeout: 60_000 }).toContain('back');
          seen = '';
          child.stdin.write('\r');
          await expect.poll(() => seen, { timeout: 60_000 }).toContain('"name":"sly: back\\\\slash $(id)"');
          seen = '';
        }
      } finally {
        child.stdin.end('\u0003\u0004');
        child.kill();
      }
    },
  );
});
