import { createInterface } from 'node:readline';
import { z } from 'zod';
import { endPrograms } from './endPrograms.ts';
import { readProcessTable } from './processTable.ts';
import { ProgramTree, type ProgramRoot } from './programTree.ts';

/** The file to run as the watcher. */
export const WATCHER_FILE = import.meta.filename;

/** What the gateway tells the watcher, a line of JSON each. */
export type WatcherCommand =
  /** A program runs. */
  | { readonly watch: ProgramRoot }
  /** It is going to be stopped: what descends from it is still to be seen. */
  | { readonly look: string }
  /** It has ended: what it has left behind is to end, too. */
  | { readonly end: string };

/** The watcher's answer, when it has done so: nothing is left of an ended program but these processes. */
export interface WatcherAnswer {
  readonly done: string;
  readonly left: readonly number[];
}

/** How often it looks what programs have started, in milliseconds: who loses its parent later is known by then. */
const LOOK_MS = 2_000;

const rootSchema = z.object({ pid: z.int(), startedAt: z.number(), mark: z.string(), pipes: z.array(z.string()) });
const commandSchema = z.union([
  z.object({ watch: rootSchema }),
  z.object({ look: z.string() }),
  z.object({ end: z.string() }),
]);

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
  const trees = new Map<string, ProgramTree>();
  const look = (): void => {
    if (trees.size === 0) return;
    const table = readProcessTable();
    for (const tree of trees.values()) tree.look(table);
  };
  const looking = setInterval(look, LOOK_MS);
  for await (const line of createInterface({ input: process.stdin })) {
    const command = readCommand(line);
    if (command === undefined) continue;
    if ('watch' in command) trees.set(command.watch.mark, new ProgramTree(command.watch));
    else if ('end' in command) void end(command.end);
    else {
      look();
      answer({ done: command.look, left: [] });
    }
  }
  clearInterval(looking);
  await endPrograms([...trees.values()], 'SIGTERM', termGraceMs);
  await endPrograms([...trees.values()], 'SIGKILL', sweepMs);

  async function end(mark: string): Promise<void> {
    const tree = trees.get(mark);
    const left = tree === undefined ? [] : await endPrograms([tree], 'SIGKILL', sweepMs);
    if (left.length === 0) trees.delete(mark);
    answer({ done: mark, left });
  }

  function answer(value: WatcherAnswer): void {
    process.stdout.write(`${JSON.stringify(value)}\n`);
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
