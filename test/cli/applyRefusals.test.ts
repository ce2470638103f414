import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { shortId } from '../../src/shortId.ts';
import { openApplyWorld, stepsOf, type Applied, type ApplyWorld } from './applyWorld.ts';
import { pristineWorlds } from './importWorld.ts';
import { DANGEROUS, HOSTILE } from './hostileText.ts';

const worlds = pristineWorlds(openApplyWorld);
let world: ApplyWorld;
beforeEach(async () => {
  world = await worlds.next();
});
afterAll(() => worlds[Symbol.asyncDispose]());

const server = (settings: string) =>
  `version: 1\nservers:\n  good: { url: https://good.example/ }\n  bad:\n    ${settings}\n`;

describe('a file that can’t be applied', () => {
  it.each<[string, string]>([
    ['version: 1\nsrevers: {}\n', 'line 2, column 1: srevers: there is no such setting; did you mean servers?'],
    ['servers: {}\n', 'version: is missing'],
    ['version: 2\n', 'line 1, column 1: version: '],
    ['- version\n', 'line 1, column 1: must be a mapping that begins with version: 1'],
    [
      server('url: https://x.example\n    tilte: X'),
      'line 6, column 5: servers.bad.tilte: there is no such setting; did you mean title?',
    ],
    [server('url: https://x.example\n    timeouts: { idel: 5s }'), 'did you mean idle?'],
    [server('url: https://x.example\n    timeouts: { idle: 5 }'), 'line 6, column 17: servers.bad.timeouts.idle: '],
    [server('url: https://x.example\n    timeouts: { idle: 5 minutes }'), '10s, 5m, 1h'],
    [server('url: https://x.example\n    headers: { A: [hush] }'), '{from_env: VARIABLE}'],
    [server('url: https://x.example\n    headers: { A: { from_evn: hush } }'), '{from_env: VARIABLE}'],
    [server('title: nowhere'), 'needs either a url or a command'],
    [server('url: https://x.example\n    command: npx'), 'needs either a url or a command'],
    [server('url: https://x.example\n    transport: stdio'), 'does not go with it'],
    ['version: 1\nservers: { Not A Slug: { url: https://x.example } }\n', 'a-z, 0-9 and -'],
    ['version: 1\nkeys: { ci: { scopes: [all] } }\n', 'line 2, column 24: keys.ci.scopes.0: '],
    ['version: 1\nkeys: { ci: { grants: [] } }\n', 'keys.ci.grants'],
    ['version: 1\nkeys: { ci: { expires: soon } }\n', '2030-01-31'],
    ['version: 1\nkeys: { ci: { expires: "9999-12-31T23:59:59-05:00" } }\n', 'in the years 1 to 9999'],
    ['version: 1\nkeys: { ci: { expires: "0000-01-01" } }\n', 'in the years 1 to 9999'],
    ['version: 1\nservers: { a: { url: "http:api.example.com/mcp" } }\n', 'begins with http:// or https://'],
    [`version: 1\nkeys: { ${'n'.repeat(300)}: {} }\n`, '256'],
    ['version: 1\nkeys: { "a\\0b": {} }\n', 'can’t be stored'],
    ['version: 1\nkeys: { "a\\ud800": {} }\n', 'can’t be stored'],
    ['version: 1\nservers: { a: { url: "https://a.example", title: "x\\0" } }\n', 'can’t be stored'],
    [
      'version: 1\nservers: { a: { url: "https://a.example/\\0" } }\n',
      'URL has a character in it that can’t be stored',
    ],
    ['version: 1\nkeys: { " ": {} }\n', 'may not be blank'],
    [
      server('url: https://x.example\n    headers: { __proto__: x }'),
      'line 6, column 16: servers.bad.headers.__proto__: ',
    ],
    ['version: 1\nservers: { __proto__: { url: "https://x.example" } }\n', 'servers.__proto__: nothing'],
    ['version: 1\n__proto__: { servers: {} }\n', '__proto__: nothing'],
    [server('url: https://x.example\n    headers: { constructor: x }'), 'servers.bad.headers.constructor: nothing'],
    [
      'version: 1\nservers: [{ name: a }]\n',
      'servers: must be a mapping with each server under its name, as github: {url: …}',
    ],
    ['version: 1\nservers: { a: [] }\n', 'servers.a: must be a mapping, as {url: https://host/mcp}'],
    ['version: 1\nkeys: { ci: { scopes: mcp } }\n', 'keys.ci.scopes: must be a list, as [mcp, servers:read]'],
    [
      server('url: https://x.example\n    headers: [hush]'),
      'servers.bad.headers: must be a mapping, as {Authorization: …}',
    ],
    [server('command: npx\n    args: hush'), 'servers.bad.args: must be a list, as [-y, some-package]'],
    [
      'mcpServers: { a: { command: npx } }\n',
      'mcpServers: there is no such setting; the file of a client is taken over by servers import',
    ],
    ['version: 1\nkeys: { ci: {}, ci: {} }\n', 'line 2, column 17: it has the same member twice'],
  ])('%j is refused with the place: %s [configuration-strict] [configuration-no-secrets]', async (yaml, words) => {
    const { code, document, stderr } = await world.apply(yaml);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(document.error.message).toContain(words);
    expect(document.error.message).not.toContain('hush');
    expect(await world.events()).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['headers: { A: "${NOT_SET}" }', 'reference-unresolved', '${NOT_SET} has no value here'],
    ['headers: { A: { from_env: NOT_SET } }', 'reference-unresolved', '${NOT_SET} has no value here'],
    ['headers: { A: { from_file: no-such } }', 'reference-unresolved', '${file:no-such} has no value here'],
    ['headers: { A: "${input:x}" }', 'reference-unresolved', '${input:x} has no value here'],
    ['headers: { A: "Bearer <YOUR_KEY>" }', 'reference-unresolved', 'its headers.A has a placeholder'],
    ['headers: { A: "Bearer $TOKEN" }', 'reference-unresolved', '${env:THAT_VARIABLE}'],
    ['headers: { Mcp-Session-Id: "1" }', 'server-header-invalid', 'the gateway’s own'],
    ['headers: { A: "1", a: "2" }', 'header-repeated', 'a is there twice'],
    ['headers: { A: "hush\\nB: 1" }', 'server-header-invalid', 'The value of the header "A" has characters'],
    ['headers: { "B C": hush }', 'server-header-invalid', 'A header can’t be called "B C"'],
  ])('with %s is refused before anything is changed [configuration-strict]', async (settings, problem, words) => {
    const { code, document } = await world.apply(server(`url: https://x.example/\n    ${settings}`));
    expect({ code, error: document.error.code }).toEqual({ code: 2, error: 'configuration-refused' });
    expect(document.error.data.problems).toMatchObject([
      { kind: 'server', name: 'bad', code: problem, line: 4, column: 3 },
    ]);
    expect(document.error.message).toContain('line 4, column 3: server bad: ');
    expect(document.error.message).toContain(words);
    expect(JSON.stringify(document)).not.toContain('hush');
    expect(await world.events()).toEqual([]);
  });

  it('is read no further than its bound, and never waited for [configuration-bounded-read]', async () => {
    for (const [path, code, words] of [
      ['/dev/zero', 'file-too-large', '4 MiB'],
      ['/proc/self/fd', 'usage', 'it is a folder'],
      ['.', 'usage', 'it is a folder'],
      ['nowhere', 'usage', 'ENOENT'],
    ] as const) {
      for (const argv of [
        ['apply', '-f', path],
        ['diff', '-f', path],
        ['servers', 'import', path],
      ]) {
        const { code: exit, stdout } = await world.cli.run([...argv, '--json']);
        expect([exit, (JSON.parse(stdout) as Applied).error.code], argv.join(' ')).toEqual([2, code]);
        expect(stdout).toContain(words);
      }
    }
    for (const argv of [
      ['servers', 'add', 'x', '--url', 'https://x.example', '--header', 'A: @/dev/zero'],
      ['keys', 'verify', '--file', '/dev/zero'],
      ['audit', 'verify', '--against', '/dev/zero'],
      ['servers', 'list', '--config', '/dev/zero'],
    ]) {
      const { code, stderr } = await world.cli.run(argv);
      expect([code, stderr], argv.join(' ')).toEqual([2, expect.stringMatching(/larger than \d+ (?:KiB|MiB)/)]);
    }
    expect(await world.cli.run(['servers', 'list'], { env: { JWT_SECRET_FILE: '/dev/zero' } })).toMatchObject({
      code: 2,
    });
  });

  it('names are shown escaped and never obeyed [cli-hostile-text]', async () => {
    const yaml = JSON.stringify({ version: 1, keys: { [HOSTILE]: { expires: '2001-01-01' } }, [HOSTILE]: 1 });
    for (const { stdout, stderr } of [
      await world.applyAsText(yaml),
      await world.applyAsText(yaml.replace(/,"[^"]*":1}$/, '}')),
    ]) {
      expect(stdout).toBe('');
      expect(stderr.replaceAll('\n', '')).not.toMatch(DANGEROUS);
      expect(stderr).toContain('\\u{202e}');
    }
    const fine = await world.applyAsText(JSON.stringify({ version: 1, keys: { [HOSTILE]: {} } }));
    expect(fine.code).toBe(0);
    expect(fine.stdout.replaceAll('\n', '')).not.toMatch(DANGEROUS);
  });
});

describe('keys by name', () => {
  it('are refused when two have it, with their short ids [configuration-strict]', async () => {
    const ids = [await world.createKey('ci'), await world.createKey('ci')];
    const { code, document } = await world.apply('version: 1\nkeys: { ci: {} }\n');
    expect(code).toBe(2);
    expect(document.error.data.problems[0]?.code).toBe('key-name-ambiguous');
    for (const id of ids) {
      expect(document.error.message).toContain(`ci (${shortId(id)})`);
      expect(document.error.message).not.toContain(id);
    }
    await world.cli.run(['keys', 'delete', ids[0] ?? '', '--confirm']);
    expect(stepsOf(await world.apply('version: 1\nkeys: { ci: {} }\n'))).toEqual(['none key ci']);
  });

  it('mean the successor of a rotated key, and warn of the old one while it works', async () => {
    const old = await world.createKey('ci');
    const { document: successor } = await world.cli.json(['keys', 'rotate', old, '--grace', '1h']);
    const { document } = await world.apply('version: 1\nkeys: { ci: { scopes: [mcp] } }\n');
    expect(document.steps).toMatchObject([{ action: 'change', id: successor.id }]);
    expect(document.warnings).toMatchObject([expect.stringMatching(`^The key “ci” \\(${shortId(old)}\\), which`)]);
    expect(JSON.stringify(document.warnings)).not.toContain(old);
    expect(await world.key(old)).toMatchObject({ scopes: ['mcp', 'servers:read'] });
    // Both go when neither is wanted: the old one works still.
    const pruned = await world.apply('version: 1\nkeys: {}\n', ['--prune', '--yes']);
    expect(pruned.document.steps.map(({ id }) => id).toSorted()).toEqual([old, successor.id].toSorted());
  });

  it('do not count once they are deleted or rotated out', async () => {
    const old = await world.createKey('ci');
    await world.cli.json(['keys', 'rotate', old]);
    const gone = await world.createKey('gone');
    await world.cli.run(['keys', 'delete', gone, '--confirm']);
    const pruned = await world.diff('version: 1\nkeys: { ci: {} }\n', ['--prune']);
    expect(pruned).toMatchObject({ code: 0, document: { steps: [{ action: 'none' }], unmanaged: [], warnings: [] } });
    expect(stepsOf(await world.apply('version: 1\nkeys: { gone: {} }\n'))).toEqual(['create key gone']);
  });

  it('keep the description of their creation', async () => {
    await world.createKey('ci', '--description', 'builds');
    expect(await world.apply('version: 1\nkeys: { ci: {} }\n')).toMatchObject({ code: 0 });
    const { code, document } = await world.apply('version: 1\nkeys: { ci: { description: other } }\n');
    expect(code).toBe(2);
    expect(document.error.data.problems[0]?.code).toBe('key-description-fixed');
  });

  it('do not get an expiry in the past, but keep one that has passed', async () => {
    const past = 'version: 1\nkeys: { ci: { expires: 2001-01-01 } }\n';
    expect((await world.apply(past)).document.error.data.problems[0]?.code).toBe('expiry-in-past');
    await world.createKey('ci', '--expires-in', '1s');
    await expect.poll(async () => (await world.cli.run(['keys', 'list'])).stdout).toContain('expired');
    const [row] = await world.cli.list(['keys', 'list']);
    const same = await world.apply(`version: 1\nkeys: { ci: { expires: "${row?.expires_at ?? ''}" } }\n`);
    expect(stepsOf(same)).toEqual(['none key ci']);
  });

  it('a URL that shows what looks like a secret is warned of', async () => {
    const { document } = await world.apply('version: 1\nservers: { a: { url: "https://a.example/?q=1&api_key=x" } }\n');
    expect(document.warnings).toEqual([expect.stringContaining('has api_key in its query')]);
  });

  it('warn of a grant for a server that there is not', async () => {
    const { document } = await world.apply(
      'version: 1\nservers: { a: { url: "https://a.example" } }\nkeys: { ci: { grants: [a, "b:x*", "*"] } }\n',
    );
    expect(document.warnings).toEqual(['The key “ci” is granted the server b, which does not exist.']);
  });
});
