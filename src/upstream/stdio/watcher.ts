import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { backoffMs } from '../../backoff.ts';
import type { Logger } from '../../logging/logger.ts';
import type { ProgramRoot } from './programTree.ts';
import type { StdioSettings } from './stdioSettings.ts';
import { WATCHER_FILE, type WatcherAnswer, type WatcherCommand } from './watcherProcess.ts';

export interface WatcherOptions {
  readonly settings: Pick<StdioSettings, 'termGraceMs' | 'sweepMs'>;
  readonly logger: Logger;
}

type WatcherChild = ChildProcessByStdio<Writable, Readable, null>;

/** The gateway's side of its watcher: another one is started when it ends. Does not keep this process alive. */
export class Watcher implements AsyncDisposable {
  readonly #options: WatcherOptions;
  /** The programs that run, by mark. */
  readonly #roots = new Map<string, ProgramRoot>();
  /** What it was asked and has not answered, by mark. */
  readonly #asked = new Map<string, { readonly command: WatcherCommand } & PromiseWithResolvers<readonly number[]>>();
  #child: WatcherChild | undefined;
  #restart: NodeJS.Timeout | undefined;
  /** Ends of the watcher since it last answered. */
  #failures = 0;
  #isClosed = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /** Makes sure that the watcher runs; call it before a program is started. @throws the system's error */
  async ready(): Promise<void> {
    const child = this.#child ?? this.#start();
    if (child.pid === undefined) await once(child, 'spawn');
  }

  /** Has a program ended when this process ends. */
  watch(root: ProgramRoot): void {
    this.#roots.set(root.mark, root);
    this.#tell({ watch: root });
  }

  /** Sees what descends from a program before it is stopped. */
  async look(mark: string): Promise<void> {
    await this.#ask(mark, { look: mark });
  }

  /** Ends what a program has left behind. @returns the processes that can't be ended */
  async end(mark: string): Promise<readonly number[]> {
    const left = await this.#ask(mark, { end: mark });
    this.#roots.delete(mark);
    return left;
  }

  /** Ends the watcher, which ends what it still watches. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === undefined) return;
    child.ref();
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
  }

  async #ask(mark: string, command: WatcherCommand): Promise<readonly number[]> {
    // A program is looked at, then ended: an answer that is late belongs to nobody any more.
    this.#asked.get(mark)?.resolve([]);
    const asked = { command, ...Promise.withResolvers<readonly number[]>() };
    this.#asked.set(mark, asked);
    if (this.#child === undefined) this.#start();
    else this.#tell(command);
    this.#child?.ref();
    try {
      return await asked.promise;
    } finally {
      if (this.#asked.get(mark) === asked) this.#asked.delete(mark);
      if (this.#asked.size === 0) this.#child?.unref();
    }
  }

  /** Starts the watcher and tells it all that it has to know. */
  #start(): WatcherChild {
    clearTimeout(this.#restart);
    const { termGraceMs, sweepMs } = this.#options.settings;
    // A session of its own: neither Ctrl-C nor a signal to the gateway's process group reaches it.
    const child = spawn(process.execPath, [WATCHER_FILE, String(termGraceMs), String(sweepMs)], {
      detached: true,
      cwd: '/',
      env: {},
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#child = child;
    child.unref();
    for (const stream of [child.stdin, child.stdout]) {
      stream.on('error', () => undefined);
      if (stream instanceof Socket) stream.unref();
    }
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { done, left } = JSON.parse(line) as WatcherAnswer;
      this.#failures = 0;
      this.#asked.get(done)?.resolve(left);
    });
    child.once('error', () => this.#ended(child)).once('exit', () => this.#ended(child));
    for (const root of this.#roots.values()) this.#tell({ watch: root });
    for (const { command } of this.#asked.values()) this.#tell(command);
    return child;
  }

  #ended(child: WatcherChild): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    if (this.#isClosed) {
      for (const { resolve } of this.#asked.values()) resolve([]);
      return;
    }
    if (this.#roots.size === 0) return;
    this.#options.logger.warn('the watcher of the programs of MCP servers has ended: starting another');
    this.#restart = setTimeout(() => this.#start(), this.#failures++ === 0 ? 0 : backoffMs(this.#failures));
  }

  #tell(command: WatcherCommand): void {
    this.#child?.stdin.write(`${JSON.stringify(command)}\n`);
  }
}
