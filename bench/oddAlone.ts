import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { answerUsage } from './measuredProcess.ts';

// Uses a program that is a nuisance as often as the gateway lets a client use it, without the gateway: what the programs beside it
// lose then, they lose to the machine. COMMAND is its command line, as JSON; METHOD is what it is asked.

/** The gateway reads 16 MiB a second from a program, and waits a growing time before it starts one that has ended. */
const PAUSE_MS = 600;

const [command = '', ...args] = JSON.parse(process.env['COMMAND'] ?? '[]') as readonly string[];
const ending = new AbortController();

void use().catch(() => undefined);

answerUsage({}, () => {
  ending.abort();
  return Promise.resolve();
});

async function use(): Promise<void> {
  while (!ending.signal.aborted) {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'], signal: ending.signal });
    const exited = once(child, 'exit');
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ask = async (method: string): Promise<void> => {
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method })}\n`);
      await Promise.race([lines.next(), exited]);
    };
    await ask('initialize');
    while (child.exitCode === null) {
      await ask(process.env['METHOD'] ?? '');
      await delay(PAUSE_MS);
    }
  }
}
