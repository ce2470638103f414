import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { serversOf } from './embedded/processes.ts';
import { memoryFolder } from './support/memoryFolder.ts';
import { PROGRAM_ENVIRONMENT } from './support/programEnvironment.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

let folder: string;
/** The process group of the script, negative as kill(2) wants it. */
let group: number | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(memoryFolder(), 'metamcp scripts '));
  await chmod(folder, 0o755);
});
afterEach(async () => {
  try {
    if (group !== undefined) process.kill(group, 'SIGKILL');
  } catch {
    // Nothing of it is left, as it ought to be.
  }
  await rm(folder, { recursive: true, force: true });
});

/** A script that npm runs, with what it printed so far; npm has no say in where it keeps its things. */
function startScript(args: readonly string[], env: Readonly<Record<string, string>>) {
  const npm = spawn('npm', args, {
    cwd: ROOT,
    env: { ...PROGRAM_ENVIRONMENT, HOME: folder, npm_config_cache: join(folder, 'npm'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group, as a shell gives to what runs in the foreground.
    detached: true,
  });
  group = -npm.pid!;
  const closed = once(npm, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const printed: string[] = [];
  const seen = async (pattern: RegExp): Promise<void> => {
    const found = Promise.withResolvers<undefined>();
    for (const stream of [npm.stdout, npm.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        printed.push(line);
        if (pattern.test(line)) found.resolve(undefined);
      });
    }
    const ended = closed.then(() => {
      throw new Error(`npm ended:\n${printed.join('\n')}`);
    });
    ended.catch(() => undefined);
    await Promise.race([found.promise, ended]);
  };
  const kill = (signal: NodeJS.Signals, target: 'npm' | 'the group'): void => {
    process.kill(target === 'npm' ? npm.pid! : -npm.pid!, signal);
  };
  return { kill, closed, printed, seen };
}

describe('npm', () => {
  test.each([
    ['SIGTERM', 'npm'],
    ['SIGINT', 'npm'],
    // Ctrl-C. What a terminal that is closed does: test/gateway/rereading.test.ts.
    ['SIGINT', 'the group'],
  ] as const)('start: %s to %s ends the gateway and its PostgreSQL', async (signal, target) => {
    const script = startScript(['start'], { METAMCP_HOME: folder, SERVER_PORT: '0' });
    await script.seen(/MetaMCP is ready/);
    script.kill(signal, target);
    await script.closed;
    expect(script.printed.join('\n')).toContain(`"signal":"${signal}","msg":"stopping"`);
    expect(serversOf(folder)).toEqual([]);
  });

  test.each([
    ['SIGTERM', 'npm', 'ready after'],
    ['SIGINT', 'the group', 'servers add calculator'],
    ['SIGHUP', 'the group', 'grand_tour reports'],
  ] as const)('run demo: %s to %s at “%s” leaves nothing behind', async (signal, target, moment) => {
    const script = startScript(['run', 'demo'], { TMPDIR: folder });
    await script.seen(new RegExp(moment));
    script.kill(signal, target);
    expect(await script.closed).not.toEqual([0, null]);
    expect(script.printed.join('\n')).not.toContain('Everything is right');
    expect(serversOf(folder)).toEqual([]);
    expect((await readdir(folder)).filter((name) => name.startsWith('metamcp'))).toEqual([]);
  });
});
