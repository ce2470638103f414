import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startGatewayProcess } from '../test/support/gatewayProcess.ts';

const ROOT = join(import.meta.dirname, '..');
const CLI = join(ROOT, 'bin', 'metamcp-cli.cjs');

/** What is measured, beside a Node.js that does nothing. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'node -e 0': ['-e', '0'],
  '--version': [CLI, '--version'],
  '--help': [CLI, '--help'],
  'keys list': [CLI, 'keys', 'list'],
  'keys show': [CLI, 'keys', 'show', 'bench'],
  'servers list': [CLI, 'servers', 'list'],
  'audit tail': [CLI, 'audit', 'tail'],
  usage: [CLI, 'usage'],
  status: [CLI, 'status'],
};

/** Measures how long commands take from their start to their end beside a gateway that runs, in turn, as the median of all. */
export async function measureCliStart(home: string, rounds: number): Promise<void> {
  await using gateway = await startGatewayProcess({ home });
  const env = { ...process.env, METAMCP_HOME: home, SERVER_PORT: new URL(gateway.url).port, XDG_CACHE_HOME: home };
  const run = async (args: readonly string[]): Promise<number> => {
    const began = performance.now();
    const child = spawn(process.execPath, args, { cwd: home, env, stdio: 'ignore' });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}`);
    return performance.now() - began;
  };
  const times = new Map<string, number[]>(Object.keys(COMMANDS).map((name) => [name, []]));
  await run([CLI, 'keys', 'create', '--name', 'bench']);
  // The first time, what was compiled is kept.
  for (const args of Object.values(COMMANDS)) await run(args);
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, args] of Object.entries(COMMANDS)) times.get(name)?.push(await run(args));
  }
  console.log('\nA command of the CLI, from start to end, beside a gateway that runs');
  const nothing = medianOf(times.get('node -e 0') ?? []);
  for (const [name, all] of times) {
    const median = medianOf(all);
    console.log(
      `  ${name.padEnd(13)} ${median.toFixed(0).padStart(5)} ms (median), ${(median / nothing).toFixed(1)} × node -e 0`,
    );
  }
}

function medianOf(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}
