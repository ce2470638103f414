import { hostname, userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { cliFixture } from './cliFixture.ts';

const cli = cliFixture();
const { username } = userInfo();
let made = 0;

async function actorOf(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const name = `key-${String((made += 1))}`;
  const { code } = await cli.json(['keys', 'create', '--name', name, ...argv], { env });
  expect(code).toBe(0);
  const { document } = await cli.json(['audit', 'keys', name]);
  return (document.history[0] as { actor?: unknown } | undefined)?.actor;
}

describe('who did it', () => {
  it('is the user of the system, or who this user says to be: --as before METAMCP_ACTOR before SUDO_USER [cli-actor]', async () => {
    const named = (name: string) => `cli:${name} as ${username}@${hostname()}`;
    const sudo = { SUDO_USER: 'bob' };
    const variable = { METAMCP_ACTOR: 'alice@example.org' };
    const plain = `cli:${username}@${hostname()}`;
    expect(await actorOf([], { SUDO_USER: '', METAMCP_ACTOR: '' })).toBe(plain);
    expect(await actorOf([], { SUDO_USER: username })).toBe(plain);
    expect(await actorOf([], sudo)).toBe(named('bob'));
    expect(await actorOf([], { ...sudo, ...variable })).toBe(named('alice@example.org'));
    expect(await actorOf(['--as', 'Zoë'], { ...sudo, ...variable })).toBe(named('Zoë'));
  });

  it('is a short name without spaces, and nothing is done under another [cli-actor]', async () => {
    for (const name of ['', 'a b', 'alice as root', '\u202eroot', 'n'.repeat(65), '@host', 'a\nb']) {
      const { code, document } = await cli.json(['keys', 'create', '--name', 'phantom', '--as', name]);
      expect({ code, error: document.error.code }).toEqual({ code: 2, error: 'usage' });
    }
    const env = { METAMCP_ACTOR: 'not a name' };
    expect((await cli.run(['keys', 'create', '--name', 'phantom'], { env })).stderr).toContain(
      'METAMCP_ACTOR is a name',
    );
    expect((await cli.run(['keys', 'list'])).stdout).not.toContain('phantom');
  });
});
