import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { readSettings } from '../src/settings/settings.ts';
import { createLogger } from '../src/logging/logger.ts';
import { countKeys } from '../src/projections/tables/keyLists.ts';
import { openStores } from '../src/stores/stores.ts';
import { measureProjections } from './projections.ts';

/** As users start it. */
const LAUNCHER = fileURLToPath(new URL('../bin/metamcp-cli.cjs', import.meta.url));
const STARTS = 5;

/**
 * Measures the TUI over 10,000 keys in a terminal of 120 × 40: until its first frame and until its first list stand, both beside
 * the start of Node alone, and from each key to its answer.
 */
export async function measureTui(home: string): Promise<void> {
  const env = { METAMCP_HOME: home };
  const settings = { ...readSettings({ env }), logLevel: 'warn' as const };
  // Stays open, as a running gateway would have it: the start of the embedded Postgres is not the TUI's.
  await using stores = await openStores({ settings, logger: createLogger('warn'), applicationName: 'metamcp bench' });
  const everything = { words: [], without: ['deleted'] } as const;
  if ((await countKeys(stores.db, everything)) < 10_000) await measureProjections(home);
  const keys = (await countKeys(stores.db, everything)).toLocaleString('en');
  console.log(`\nTUI over ${keys} keys, 120 × 40`);

  // The first start compiles what the later ones find compiled.
  await using first = await start(env, keys);
  console.log(`  first start  ${first.startedMs.toFixed(0)} ms`);
  const [empty, frames, starts]: [number[], number[], number[]] = [[], [], []];
  for (let run = 0; run < STARTS; run += 1) {
    // In turn: a machine that is slower for a while is so for both.
    empty.push(await startNode());
    await using terminal = await start(env, keys);
    frames.push(terminal.firstFrameMs);
    starts.push(terminal.startedMs);
  }
  console.log(`  node -e 0    ${summary(empty)}`);
  console.log(`  first frame  ${summary(frames)}, ${ratio(frames, empty)} × node -e 0`);
  console.log(`  first list   ${summary(starts)}, ${ratio(starts, empty)} × node -e 0`);

  const moves = await press(first, 'j', 300);
  const screens = await press(first, '\u0004', 100);
  const ends = [...(await alternate(first, 'G', 'g', 20))];
  await first.press('/');
  const typing: number[] = [];
  for (const letter of 'key 01a') typing.push(await first.press(letter));
  await first.press('\u001b');
  const panes = await alternate(first, '2', '1', 20);
  const all = [...moves, ...screens, ...ends, ...typing, ...panes];
  console.log(`  j            ${summary(moves)}`);
  console.log(`  Ctrl-D       ${summary(screens)}`);
  console.log(`  G and g      ${summary(ends)}`);
  console.log(`  filter       ${summary(typing)}`);
  console.log(`  panes        ${summary(panes)}`);
  console.log(`  every key    ${summary(all)}`);
}

/** Starts Node with nothing to do, in a terminal as the TUI has it. @returns milliseconds until it has ended */
async function startNode(): Promise<number> {
  const began = performance.now();
  const child = spawn('script', ['-qfec', `exec "${process.execPath}" -e 0`, '/dev/null'], { stdio: 'ignore' });
  await once(child, 'exit');
  return performance.now() - began;
}

function ratio(values: readonly number[], others: readonly number[]): string {
  return (median(values) / median(others)).toFixed(1);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

interface Measured extends AsyncDisposable {
  readonly firstFrameMs: number;
  /** Until the first list stands. */
  readonly startedMs: number;
  /** Presses a key. @returns milliseconds until the terminal got something new */
  press(key: string): Promise<number>;
}

async function press(terminal: Measured, key: string, times: number): Promise<number[]> {
  const took: number[] = [];
  for (let at = 0; at < times; at += 1) took.push(await terminal.press(key));
  return took;
}

async function alternate(terminal: Measured, one: string, other: string, times: number): Promise<number[]> {
  const took: number[] = [];
  for (let at = 0; at < times; at += 1) took.push(await terminal.press(one), await terminal.press(other));
  return took;
}

/** Starts the CLI in a terminal of `script` (util-linux), whose output comes unbuffered. */
async function start(env: Readonly<Record<string, string>>, keys: string): Promise<Measured> {
  const command = `stty rows 40 cols 120; exec "${process.execPath}" "${LAUNCHER}"`;
  const began = performance.now();
  const child = spawn('script', ['-qfec', command, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm-256color', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let seen = '';
  child.stdout.setEncoding('utf8');
  const heard = (): Promise<unknown> => once(child.stdout, 'data');
  child.stdout.on('data', (text: string) => (seen += text));
  const shows = async (text: string): Promise<number> => {
    while (!seen.includes(text)) {
      if (child.exitCode !== null) throw new Error(`the TUI ended:\n${seen}`);
      await Promise.race([heard(), ended]);
    }
    return performance.now() - began;
  };
  const firstFrameMs = await shows('1 Keys');
  const startedMs = await shows(`of ${keys}`);

  /** Waits until nothing has come for a while: what came was the answer to an earlier key. */
  async function quiet(): Promise<void> {
    for (;;) {
      const before = seen.length;
      await new Promise((resolve) => setTimeout(resolve, 25));
      if (seen.length === before) return;
    }
  }

  return {
    firstFrameMs,
    startedMs,
    async press(key) {
      await quiet();
      const at = performance.now();
      const answer = heard();
      child.stdin.write(key);
      await answer;
      return performance.now() - at;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.write('\u0003');
      await ended;
    },
  };
}

function summary(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms (${values.length})`;
}
