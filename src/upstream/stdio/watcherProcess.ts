import { createInterface } from 'node:readline';
import { z } from 'zod';
import { endPrograms } from './endPrograms.ts';
import type { ProgramRoot } from './programTree.ts';

/** The file to run as the watcher. */
export const WATCHER_FILE = import.meta.filename;

/** What the gateway tells the watcher, a line of JSON each. */
export type WatcherCommand =
  /** A program runs. */
  | { readonly watch: ProgramRoot }
  /** It has ended: what it has left behind is to end, too. */
  | { readonly end: string };

/** The watcher's answer to `end`: nothing is left of it but these processes. */
export interface WatcherAnswer {
  readonly ended: string;
  readonly left: readonly number[];
}

const rootSchema = z.object({ pid: z.int(), startedAt: z.number(), mark: z.string(), pipes: z.array(z.string()) });
const commandSchema = z.union([z.object({ watch: rootSchema }), z.object({ end: z.string() })]);

/**
 * Ends all programs of a gateway once the gateway is gone, however it has ended: the kernel then closes the pipe that is the
 * watcher's stdin. Only SIGKILL ends the watcher before, and the gateway starts another.
 */
async function runWatcher({ termGraceMs, sweepMs }: { termGraceMs: number; sweepMs: number }): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGALRM'] as const) {
    process.on(signal, () => undefined);
  }
  // The gateway is gone.
  process.stdout.on('error', () => undefined);
  const roots = new Map<string, ProgramRoot>();
  for await (const line of createInterface({ input: process.stdin })) {
    const command = readCommand(line);
    if (command === undefined) continue;
    if ('watch' in command) roots.set(command.watch.mark, command.watch);
    else void end(command.end);
  }
  await endPrograms(() => [...roots.values()], 'SIGTERM', termGraceMs);
  await endPrograms(() => [...roots.values()], 'SIGKILL', sweepMs);

  async function end(mark: string): Promise<void> {
    const root = roots.get(mark);
    const left = root === undefined ? [] : await endPrograms(() => [root], 'SIGKILL', sweepMs);
    if (left.length === 0) roots.delete(mark);
    process.stdout.write(`${JSON.stringify({ ended: mark, left } satisfies WatcherAnswer)}\n`);
  }
}

function readCommand(line: string): WatcherCommand | undefined {
  try {
    return commandSchema.parse(JSON.parse(line));
  } catch {
    // Half a line: the gateway ended within it.
    return undefined;
  }
}

if (import.meta.main) {
  const [termGraceMs, sweepMs] = process.argv.slice(2).map(Number);
  await runWatcher({ termGraceMs: termGraceMs ?? 0, sweepMs: sweepMs ?? 0 });
  process.exit(0);
}
