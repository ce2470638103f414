import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openGuard } from './guard.ts';

/** A busy machine is slow to start .NET. */
const START_MS = 120_000;

/**
 * A test's server lives for seconds: to compile its code a second time for speed costs more than its start and is never
 * earned back.
 */
const RUNTIME = { DOTNET_TieredPGO: '0', DOTNET_TC_CallCounting: '0' };

/** Runs the server's process and starts it again when it ends with 0 by itself, as after a truncation. */
export interface Supervisor extends AsyncDisposable {
  /** @throws Error when no server runs */
  readonly pid: number;
  readonly isRunning: boolean;
  /** Starts the server, with more options, and waits until it is ready. @throws Error with its log when it ends before that */
  start(...extra: readonly string[]): Promise<void>;
  /** Sends a signal that ends it, and waits for the end. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** @param isReady Asked until it answers true; an error means not yet. */
export function openSupervisor(options: {
  command: string;
  args: readonly string[];
  folder: string;
  isReady: () => Promise<boolean>;
}): Supervisor {
  const { command, args, folder, isReady } = options;
  const guard = openGuard(folder);
  const logFile = join(folder, 'console.log');
  let child: ChildProcess | undefined;
  let isWanted = false;
  let more: readonly string[] = [];

  function run(): void {
    const log = openSync(logFile, 'a');
    // A command may have options of its own: that is for a shell to tell.
    const started = spawn('/bin/sh', ['-c', `exec ${command} "$@"`, command, ...args, ...more], {
      stdio: ['ignore', log, log],
      env: {
        ...RUNTIME,
        ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^eventstore/i.test(name))),
      },
      // Ctrl-C is the test's to handle.
      detached: true,
    });
    closeSync(log);
    child = started;
    guard.watch(started.pid);
    started.once('exit', (code) => {
      if (child !== started) return;
      child = undefined;
      guard.watch(undefined);
      if (isWanted && code === 0) run();
      else isWanted = false;
    });
  }

  return {
    get pid() {
      if (child?.pid === undefined) throw new Error('the server does not run');
      return child.pid;
    },
    get isRunning() {
      return child !== undefined;
    },
    async start(...extra) {
      isWanted = true;
      more = extra;
      run();
      const deadline = Date.now() + START_MS;
      while (!(await isReady().catch(() => false))) {
        if (child === undefined) throw new Error(`the server ended before it was ready:\n${tail(logFile)}`);
        if (Date.now() > deadline) throw new Error(`the server is not ready after ${START_MS} ms:\n${tail(logFile)}`);
        await delay(100);
      }
    },
    async end(signal) {
      isWanted = false;
      if (child === undefined) return;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    },
    async [Symbol.asyncDispose]() {
      await this.end('SIGKILL');
      await guard[Symbol.asyncDispose]();
    },
  };
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').split('\n').slice(-40).join('\n');
}
