import type { Clock } from '../clock.ts';
import { Unavailable, type AppError } from '../errors/appError.ts';
import { untilAborted } from '../events/untilAborted.ts';
import { listTools } from '../upstream/catalogue.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { digestItems } from './catalogueDigest.ts';

/** What a server has shown of its tools. */
export interface ShownTools {
  /** When it was asked, by the clock of this process. */
  readonly askedAt: number;
  /** The digest of each tool's definition, by the tool's name. */
  readonly definitions: ReadonlyMap<string, string>;
}

export interface WatchedToolsOptions {
  readonly server: string;
  /** Opens a conversation with the server. @throws AppError */
  open(signal: AbortSignal): Promise<Upstream>;
  readonly clock: Clock;
  /** How long the server may take to show its tools, in milliseconds. */
  readonly waitMs: number;
  /** Called when the server sends that its tools changed. */
  onAnnounced(): void;
}

/** Readings that a caller waits for while the server sends that its tools changed, again and again. */
const MAX_READINGS = 3;

/**
 * One conversation with a server, kept while its tools are called: it shows its tools again without a process or session of its own
 * each time, and can send that they changed.
 */
export class WatchedTools {
  readonly #options: WatchedToolsOptions;
  readonly #ended = new AbortController();
  #upstream: Promise<Upstream> | undefined;
  #shown: ShownTools | undefined;
  #reading: Promise<ShownTools> | undefined;
  /** Counts what makes a reading that is under way worthless. */
  #changes = 0;

  constructor(options: WatchedToolsOptions) {
    this.#options = options;
  }

  /** What the server has shown last; undefined: nothing since its tools may have changed. */
  get shown(): ShownTools | undefined {
    return this.#shown;
  }

  get isReading(): boolean {
    return this.#reading !== undefined;
  }

  /** The tools may be others than those shown. */
  outdate(): void {
    this.#changes += 1;
    this.#shown = undefined;
  }

  /** Has the server show its tools; one reading serves all who ask meanwhile. @throws AppError */
  async read(): Promise<ShownTools> {
    for (let readings = 1; ; readings += 1) {
      this.#reading ??= this.#readOnce().finally(() => (this.#reading = undefined));
      const shown = await this.#reading;
      // One that began before the server sent that its tools changed may show them as they were.
      if (shown === this.#shown || readings >= MAX_READINGS) return shown;
    }
  }

  /** Ends the conversation, and with this reason what waits for a reading. */
  async end(reason: AppError): Promise<void> {
    this.#ended.abort(reason);
    await this.#close();
  }

  async #readOnce(): Promise<ShownTools> {
    const { server, clock, waitMs } = this.#options;
    const changes = this.#changes;
    const askedAt = clock();
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(waitMs)]);
    const wasOpen = this.#upstream !== undefined;
    const ask = async (): Promise<ShownTools> => {
      const { items } = await listTools(await this.#open(signal), { signal });
      const digests = await digestItems(items);
      return { askedAt, definitions: new Map(items.map((tool, at) => [tool.name, digests[at] ?? ''])) };
    };
    try {
      // What was open may have been lost in the meantime, which a new one shows.
      const asked = wasOpen ? ask().catch(() => this.#close().then(ask)) : ask();
      const shown = await untilAborted(asked, signal);
      this.#ended.signal.throwIfAborted();
      if (shown === undefined) {
        throw new Unavailable(
          'upstream-timeout',
          `The server "${server}" did not show its tools within ${waitMs / 1_000} s, so that a call can’t be compared with what is approved. To see why: metamcp-cli servers test ${server}`,
        );
      }
      if (changes === this.#changes) this.#shown = shown;
      return shown;
    } catch (error) {
      void this.#close();
      throw error;
    }
  }

  #open(signal: AbortSignal): Promise<Upstream> {
    this.#upstream ??= this.#options.open(signal).then((upstream) => {
      void this.#listen(upstream);
      return upstream;
    });
    return this.#upstream;
  }

  /** A server that offers no such stream is asked by the clock alone. */
  async #listen(upstream: Upstream): Promise<void> {
    try {
      for await (const message of upstream.listen({ signal: this.#ended.signal })) {
        if (message.kind === 'notification' && message.notification.method === 'notifications/tools/list_changed') {
          this.outdate();
          this.#options.onAnnounced();
        }
      }
    } catch {
      // Its next reading shows what is wrong with it.
    }
  }

  async #close(): Promise<void> {
    const upstream = this.#upstream;
    this.#upstream = undefined;
    await upstream?.then((opened) => opened[Symbol.asyncDispose]()).catch(() => undefined);
  }
}
