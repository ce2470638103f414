import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { StdioSettings, StopTimes } from './stdioSettings.ts';

/** How a program ended. */
export interface ProgramExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type ProgramChild = ChildProcessByStdio<Writable, Readable, Readable>;

export interface ProgramOptions {
  readonly child: ProgramChild;
  readonly pid: number;
  readonly settings: Pick<StdioSettings, 'stdinGraceMs' | 'termGraceMs' | 'hastened' | 'sweepMs'>;
  /** Aborted when it is to end sooner. */
  readonly hastened: AbortSignal;
  /** Sees what the program has started. */
  readonly look: () => Promise<void>;
  /** Ends what the program has left behind. */
  readonly sweep: () => Promise<void>;
}

/** A program that runs, or has run. It leads a process group; what it has started ends with it. */
export class Program {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settled as soon as the program itself has ended. */
  readonly exited: Promise<ProgramExit>;
  /** Settled when nothing is left of what it has started, or that can't be ended. */
  readonly swept: Promise<void>;
  readonly #settings: ProgramOptions['settings'];
  readonly #hastened: AbortSignal;
  readonly #look: () => Promise<void>;
  #hasExited = false;
  #stopping: Promise<void> | undefined;

  constructor({ child, pid, settings, hastened, look, sweep }: ProgramOptions) {
    this.#look = look;
    this.pid = pid;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    this.#settings = settings;
    this.#hastened = hastened;
    // Whoever reads or writes learns it from the stream; without a listener it would end the gateway.
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream.on('error', () => undefined);
    this.exited = once(child, 'exit').then(([code, signal]: ProgramExit[keyof ProgramExit][]) => {
      this.#hasExited = true;
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
    this.swept = this.exited.then(async () => {
      this.signal('SIGKILL');
      await sweep();
      // What can't be ended may hold the pipes for ever.
      const closed = Promise.all(
        [this.stdout, this.stderr].map(async (stream) => stream.closed || (await once(stream, 'close'))),
      );
      await Promise.race([closed, delay(settings.sweepMs, undefined, { ref: false })]);
      for (const stream of [this.stdin, this.stdout, this.stderr]) stream.destroy();
    });
  }

  /** Sends a signal to the program's process group. */
  signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch {
      // The group is empty.
    }
  }

  /**
   * Stops the program: its input ends, then it gets SIGTERM, then SIGKILL (MCP 2025-11-25, basic/lifecycle, Shutdown).
   * Returns when nothing is left of it.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    if (!this.#hasExited) await this.#look();
    this.stdin.end();
    await this.#exitsWithin('stdinGraceMs');
    if (!this.#hasExited) this.signal('SIGTERM');
    await this.#exitsWithin('termGraceMs');
    if (!this.#hasExited) this.signal('SIGKILL');
    await this.swept;
  }

  /** Waits for its end as long as this phase may take; what is left of it is shortened when the gateway stops. */
  async #exitsWithin(phase: keyof StopTimes): Promise<void> {
    await this.#waitForExit(this.#settings[phase], this.#hastened);
    if (this.#hastened.aborted) await this.#waitForExit(this.#settings.hastened[phase]);
  }

  async #waitForExit(ms: number, until?: AbortSignal): Promise<void> {
    if (this.#hasExited) return;
    const timer = new AbortController();
    const signal = until === undefined ? timer.signal : AbortSignal.any([timer.signal, until]);
    const late = delay(ms, undefined, { signal }).catch(() => undefined);
    await Promise.race([this.exited, late]);
    timer.abort();
  }
}
