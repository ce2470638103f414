import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Unavailable } from '../../errors/appError.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Clock } from '../../clock.ts';
import { excerpt } from '../../mcp/excerpt.ts';
import { notMcp, tooLarge, type ServerLabel } from '../../mcp/failures.ts';
import type { ClientMessage } from '../../mcp/jsonRpc.ts';
import { stringifyLossless } from '../../mcp/losslessJson.ts';
import { Channel } from '../duplex/channel.ts';
import type { ReadMessage, Unusable } from '../duplex/readMessages.ts';
import { Pace } from '../pace.ts';
import { LineRate } from './lineRate.ts';
import { LineSplitter } from './lines.ts';
import { notReading, processEnded } from './processEnded.ts';
import type { Program } from './program.ts';
import { readLine } from './readLine.ts';
import { tellingLine } from './startFailure.ts';
import type { StderrLine, StderrLog } from './stderrLog.ts';
import type { StdioSettings } from './stdioSettings.ts';

export interface ConnectionOptions {
  readonly label: ServerLabel;
  readonly program: Program;
  readonly stderr: StderrLog;
  readonly settings: StdioSettings;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** What follows the end of the output, in ms: a program that ends closes its output a moment earlier. */
const ENDING_MS = 1_000;

/** The messages of one life of a program, both ways: newline-delimited JSON (MCP 2025-11-25, basic/transports, stdio). */
export class Connection {
  readonly channel: Channel;
  readonly #options: ConnectionOptions;
  readonly #noise: LineRate;
  /** The last line before this life of the program. */
  readonly #before: StderrLine | undefined;
  #hasExited = false;

  constructor(options: ConnectionOptions) {
    const { label, settings, program, clock } = options;
    this.#options = options;
    this.#before = options.stderr.lines.at(-1);
    this.#noise = new LineRate(settings.stderr, clock);
    this.channel = new Channel({ label, settings, carry: (message) => this.#write(message) });
    const stderrPace = new Pace(settings.stderr.pace);
    void program.exited.then(() => {
      this.#hasExited = true;
      this.channel.letThrough();
      stderrPace.letThrough();
    });
    program.stdin.once('error', () => void this.#loseInput());
    void this.#run(stderrPace);
  }

  /** What the program has printed for people in this life, the last lines. */
  get printed(): readonly string[] {
    const { lines } = this.#options.stderr;
    const from = this.#before === undefined ? 0 : lines.indexOf(this.#before) + 1;
    return lines.slice(from).map(({ text }) => text);
  }

  /** Stops the program. Returns when nothing is left of it. */
  async stop(): Promise<void> {
    await this.#options.program.stop();
  }

  /** Ends what is under way, with an error that says why; then stops the program. */
  async abort(failure: Unavailable): Promise<void> {
    this.channel.end(failure);
    await this.stop();
  }

  /** @throws Unavailable `upstream-not-reading` when too much waits already */
  #write(message: ClientMessage): Promise<void> {
    const { program, label, settings } = this.#options;
    const { stdin } = program;
    const waiting = stdin.writableLength;
    // JSON has no newline outside of its texts, and escapes it in them.
    const bytes = Buffer.from(`${stringifyLossless(message)}\n`);
    if (waiting > 0 && waiting + bytes.length > settings.unreadBytes) return Promise.reject(notReading(label));
    if (stdin.writableCorked === 0) {
      // What is sent in one turn of the event loop goes to the program in one system call, which costs more than all the rest.
      stdin.cork();
      setImmediate(() => stdin.uncork());
    }
    stdin.write(bytes);
    return Promise.resolve();
  }

  async #run(stderrPace: Pace): Promise<void> {
    const { label, program, stderr, settings } = this.#options;
    const printed = stderr.read(program.stderr, stderrPace);
    await this.#read();
    const isOver = await Promise.race([program.exited, delay(ENDING_MS, undefined, { ref: false })]);
    // A server may end the conversation by closing its output, and is to end then (MCP 2026-07-28, basic/transports, stdio).
    if (isOver === undefined) await program.stop();
    const exit = await program.exited;
    await Promise.race([printed, delay(settings.sweepMs, undefined, { ref: false })]);
    this.channel.end(processEnded(label, exit, tellingLine(this.printed)));
  }

  /** A program that ends loses its input, too. One that goes on would never answer. */
  async #loseInput(): Promise<void> {
    const { program, label } = this.#options;
    await Promise.race([program.exited, delay(ENDING_MS, undefined, { ref: false })]);
    if (!this.#hasExited) await this.abort(notReading(label));
  }

  async #read(): Promise<void> {
    const { label, program, settings } = this.#options;
    const output = program.stdout;
    // Node destroys the stream when the reading ends early, which ends the program's writing, too.
    try {
      const lines = new LineSplitter(settings.messageBytes);
      for await (const chunk of output as AsyncIterable<Buffer>) {
        this.channel.pace.count(chunk);
        for (const line of lines.push(chunk)) {
          const read = readLine(label, line, settings.messageBytes, this.channel.boundsOf);
          // Most are there at once, and each wait costs as much as reading them.
          for (const one of read instanceof Promise ? await read : read) {
            this.#take(one);
            const room = this.channel.room();
            if (room !== undefined) await room;
          }
        }
        const turn = this.channel.pace.turn();
        if (turn !== undefined) await turn;
      }
    } catch {
      await finished(output).catch(() => undefined);
    }
    if (!output.closed) await once(output, 'close').catch(() => undefined);
  }

  #take(read: ReadMessage): void {
    if (read.as === 'message') this.channel.receive(read);
    else if (read.as === 'unusable') this.#refuse(read);
    else {
      this.channel.pace.spend();
      if (read.as === 'noise') this.#tellOfNoise(read.text);
    }
  }

  #refuse({ fault, responses, tooLarge: isTooLarge }: Unusable): void {
    const { label } = this.#options;
    this.channel.refuse(responses, isTooLarge ? tooLarge(label, fault) : notMcp(label, `sent ${fault}`));
    this.#log(() => ({ fault }), 'a message of an MCP server can’t be used');
  }

  #tellOfNoise(text: string): void {
    this.#log(() => {
      const stdout = excerpt(text, this.#options.label.secrets);
      this.#options.stderr.note(`stdout: ${stdout}`);
      return { stdout };
    }, 'an MCP server printed something that is no message');
  }

  #log(data: () => object, message: string): void {
    const omitted = this.#noise.admit();
    if (omitted === undefined) return;
    const { logger, label } = this.#options;
    logger.warn({ server: label.server, ...data(), ...(omitted > 0 && { omitted }) }, message);
  }
}
