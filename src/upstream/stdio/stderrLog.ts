import { createInterface } from 'node:readline';
import { Transform, type Readable } from 'node:stream';
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../logging/logger.ts';
import { excerpt, EXCERPT_BYTES } from '../../mcp/excerpt.ts';
import type { ServerLabel } from '../../mcp/failures.ts';
import type { Pace } from '../pace.ts';
import { LineRate } from './lineRate.ts';
import type { StderrSettings } from './stdioSettings.ts';

/** A line that a server has printed for people, fit to be shown. */
export interface StderrLine {
  /** When it was read, in ms since the epoch. */
  readonly at: number;
  readonly text: string;
}

export interface StderrLogOptions {
  readonly label: ServerLabel;
  readonly settings: StderrSettings;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** What a server prints for people: the last lines are kept, and the log gets so many as its rate allows. */
export class StderrLog {
  readonly #options: StderrLogOptions;
  readonly #rate: LineRate;
  readonly #lines: StderrLine[] = [];
  readonly #listeners = new Set<(line: StderrLine) => void>();

  constructor(options: StderrLogOptions) {
    this.#options = options;
    this.#rate = new LineRate(options.settings, options.clock);
  }

  /** The lines that are kept, oldest first. */
  get lines(): readonly StderrLine[] {
    return this.#lines;
  }

  /** Calls back with each further line. Returns the function that stops it. */
  onLine(listener: (line: StderrLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads a program's stderr to its end. A server is not held up by what it prints, unless it floods. */
  async read(stderr: Readable, pace: Pace): Promise<void> {
    const lines = createInterface({ input: stderr.pipe(cutLines(EXCERPT_BYTES)) });
    // A pipe that is destroyed ends nothing behind it.
    stderr.once('close', () => {
      if (!stderr.readableEnded) lines.close();
    });
    // The last line, which nothing ends, comes with the end of its stream.
    for await (const line of lines) {
      this.#add(line);
      pace.spend();
      await pace.turn();
    }
  }

  /** Keeps a line that was printed elsewhere, where it is no message, and is fit to be shown. */
  note(text: string): void {
    const { settings, clock } = this.#options;
    const line = { at: clock(), text };
    this.#lines.push(line);
    if (this.#lines.length > settings.keptLines) this.#lines.shift();
    for (const listener of this.#listeners) listener(line);
  }

  #add(raw: string): void {
    const { label, settings, logger } = this.#options;
    const text = excerpt(raw, label.secrets, settings.lineCharacters);
    if (text === '') return;
    this.note(text);
    const omitted = this.#rate.admit();
    if (omitted === undefined) return;
    logger.info({ server: label.server, stderr: text, ...(omitted > 0 && { omitted }) }, 'an MCP server printed');
  }
}

/** Ends a line that does not end by itself, and leaves out the rest of it: what follows the cut may begin within a secret. */
function cutLines(maxBytes: number): Transform {
  let length = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const next = { lf: -2, cr: -2 };
      for (let at = 0; at < chunk.length;) {
        // Each byte is searched once.
        if (next.lf !== -1 && next.lf < at) next.lf = chunk.indexOf(0x0a, at);
        if (next.cr !== -1 && next.cr < at) next.cr = chunk.indexOf(0x0d, at);
        const end = Math.min(...[next.lf, next.cr].filter((found) => found !== -1), chunk.length);
        if (length < maxBytes) this.push(chunk.subarray(at, Math.min(end, at + maxBytes - length)));
        length += end - at;
        at = end + 1;
        if (end === chunk.length) break;
        this.push('\n');
        length = 0;
      }
      done();
    },
  });
}
