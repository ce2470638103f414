import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Unavailable } from '../../errors/appError.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Clock } from '../../clock.ts';
import { excerpt } from '../../mcp/excerpt.ts';
import { notMcp, tooLarge, type ServerLabel } from '../../mcp/failures.ts';
import type { ClientMessage, JsonRpcId, ServerMessage } from '../../mcp/jsonRpc.ts';
import { stringifyLossless } from '../../mcp/losslessJson.ts';
import { Inbox } from './inbox.ts';
import { LineRate } from './lineRate.ts';
import { readLines } from './lines.ts';
import { notReading, processEnded } from './processEnded.ts';
import type { Program } from './program.ts';
import { readLine } from './readLine.ts';
import type { StderrLog } from './stderrLog.ts';
import type { StdioSettings } from './stdioSettings.ts';

/** A message that a reader waits for, and what it took on the wire. */
export interface Received {
  readonly message: ServerMessage;
  readonly bytes: number;
}

export interface ConnectionOptions {
  readonly label: ServerLabel;
  readonly program: Program;
  readonly stderr: StderrLog;
  readonly settings: StdioSettings;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Chooses who gets a message that is no response. It may keep it from everybody. */
export type Route = (message: Received) => void;

/** What follows the end of the output, in ms: a program that ends closes its output a moment earlier. */
const ENDING_MS = 1_000;

/** The messages of one life of a program, both ways: newline-delimited JSON (MCP 2025-11-25, basic/transports, stdio). */
export class Connection {
  readonly label: ServerLabel;
  readonly settings: StdioSettings;
  readonly pid: number;
  /** Settled with the reason once the program has ended or does not listen any more. */
  readonly ended: Promise<Unavailable>;
  /** Set once the program has ended or does not listen any more. */
  failure: Unavailable | undefined;
  readonly #options: ConnectionOptions;
  readonly #over = Promise.withResolvers<Unavailable>();
  readonly #noise: LineRate;
  /** Those who wait for messages: by the id of their request as text, or by an object of their own. */
  readonly #inboxes = new Map<unknown, Inbox<Received>>();
  #route: Route = () => undefined;
  /** A server that is out of step answers one client's request on another's turn: their ids differ. Some read ids as 32 bits. */
  #nextId = randomInt(2 ** 30);
  #hasExited = false;
  #roomFound: (() => void) | undefined;

  constructor(options: ConnectionOptions) {
    const { label, settings, program, clock } = options;
    this.label = label;
    this.settings = settings;
    this.pid = program.pid;
    this.#options = options;
    this.#noise = new LineRate(settings.stderr, clock);
    void program.exited.then(() => {
      this.#hasExited = true;
      this.#roomFound?.();
    });
    program.stdin.once('error', () => void this.#loseInput());
    this.ended = this.#over.promise;
    void this.#run();
  }

  nextId(): number {
    return this.#nextId++;
  }

  /** Decides who gets what is no response. (Default: nobody) */
  set route(route: Route) {
    this.#route = route;
  }

  /** Opens the inbox of a request, by its id, or of a reader of other messages. */
  open(reader: unknown): Inbox<Received> {
    const inbox = new Inbox<Received>(this.settings.waiting, () => this.#roomFound?.());
    if (this.failure === undefined) this.#inboxes.set(keyOf(reader), inbox);
    else inbox.fail(this.failure);
    return inbox;
  }

  /** The reader wants no more. */
  close(reader: unknown): void {
    this.#inboxes.get(keyOf(reader))?.close();
    this.#inboxes.delete(keyOf(reader));
  }

  /** The inbox of the request with an id, while somebody waits. */
  inboxOf(id: unknown): Inbox<Received> | undefined {
    return this.#inboxes.get(keyOf(id));
  }

  /**
   * Writes a message, behind those that were written before.
   * @throws Unavailable `upstream-not-reading` when too much waits already, or why the program has ended
   */
  send(message: ClientMessage): void {
    if (this.failure !== undefined) throw this.failure;
    const { stdin } = this.#options.program;
    const waiting = stdin.writableLength;
    // JSON has no newline outside of its texts, and escapes it in them.
    const bytes = Buffer.from(`${stringifyLossless(message)}\n`);
    if (waiting > 0 && waiting + bytes.length > this.settings.unreadBytes) throw notReading(this.label);
    stdin.write(bytes);
  }

  /** Writes a message that nobody waits for; it is lost where it can't be written. */
  sendAside(message: ClientMessage): void {
    try {
      this.send(message);
    } catch {
      // The program has ended, or does not read: it needs no such message.
    }
  }

  /** Stops the program. Returns when nothing is left of it. */
  async stop(): Promise<void> {
    await this.#options.program.stop();
  }

  /** Ends what is under way, with an error that says why; then stops the program. */
  async abort(failure: Unavailable): Promise<void> {
    this.#end(failure);
    await this.stop();
  }

  async #run(): Promise<void> {
    const { program, stderr, settings } = this.#options;
    const printed = stderr.read(program.stderr);
    await this.#read();
    const isOver = await Promise.race([program.exited, delay(ENDING_MS, undefined, { ref: false })]);
    // A server may end the conversation by closing its output, and is to end then (MCP 2026-07-28, basic/transports, stdio).
    if (isOver === undefined) await program.stop();
    const exit = await program.exited;
    await Promise.race([printed, delay(settings.sweepMs, undefined, { ref: false })]);
    this.#end(processEnded(this.label, exit, stderr.lines.at(-1)?.text));
  }

  /** Whoever keeps the process learns it first: those who fail now may ask again at once. */
  #end(failure: Unavailable): void {
    this.#over.resolve(this.failure ?? failure);
    this.#fail(failure);
  }

  /** A program that ends loses its input, too. One that goes on would never answer. */
  async #loseInput(): Promise<void> {
    await Promise.race([this.#options.program.exited, delay(ENDING_MS, undefined, { ref: false })]);
    if (!this.#hasExited) await this.abort(notReading(this.label));
  }

  #fail(failure: Unavailable): void {
    this.failure ??= failure;
    for (const inbox of this.#inboxes.values()) inbox.fail(this.failure);
    this.#roomFound?.();
  }

  async #read(): Promise<void> {
    const { program, settings } = this.#options;
    const output = program.stdout;
    // Node destroys the stream when the reading ends early, which ends the program's writing, too.
    try {
      for await (const line of readLines(output as AsyncIterable<Buffer>, settings.lineBytes)) {
        for (const read of readLine(line, settings.lineBytes)) {
          if (read.as === 'message') this.#receive(read);
          else if (read.as === 'unusable') this.#refuse(read);
          else if (read.as === 'noise') this.#tellOfNoise(read.text);
        }
        await this.#room();
      }
    } catch {
      await finished(output).catch(() => undefined);
    }
    if (!output.closed) await once(output, 'close').catch(() => undefined);
  }

  #receive(received: Received): void {
    const { message } = received;
    if (message.kind !== 'response') this.#route(received);
    // Anything else answers what has been cancelled.
    else this.#waiterFor(message.response.id)?.put(received, received.bytes);
  }

  /** An error that names no request is about the only one that waits (JSON-RPC 2.0, 5). */
  #waiterFor(id: JsonRpcId | undefined): Inbox<Received> | undefined {
    if (id !== undefined && id !== null) return this.inboxOf(id);
    const waiting = [...this.#inboxes].filter(([reader]) => typeof reader === 'string');
    return waiting.length === 1 ? waiting[0]?.[1] : undefined;
  }

  #refuse({
    fault,
    responses,
    tooLarge: isTooLarge,
  }: Extract<ReturnType<typeof readLine>[number], { as: 'unusable' }>): void {
    const error = isTooLarge ? tooLarge(this.label, fault) : notMcp(this.label, `sent ${fault}`);
    for (const { id } of responses) this.#waiterFor(id)?.fail(error);
    this.#log({ fault }, 'a message of an MCP server can’t be used');
  }

  #tellOfNoise(text: string): void {
    this.#log({ stdout: excerpt(text, this.label.secrets) }, 'an MCP server printed something that is no message');
  }

  #log(data: object, message: string): void {
    const omitted = this.#noise.admit();
    if (omitted === undefined) return;
    const { logger, label } = this.#options;
    logger.warn({ server: label.server, ...data, ...(omitted > 0 && { omitted }) }, message);
  }

  /**
   * Waits until every reader has room, and with it the program: its output is not read meanwhile. Of one that has ended there
   * is little left to read.
   */
  async #room(): Promise<void> {
    while (
      !this.#hasExited &&
      this.failure === undefined &&
      [...this.#inboxes.values()].some((inbox) => inbox.isFull)
    ) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      this.#roomFound = () => resolve(undefined);
      await promise;
      this.#roomFound = undefined;
    }
  }
}

/** Servers answer an id that is a number as a text, too. */
function keyOf(reader: unknown): unknown {
  return typeof reader === 'number' ? String(reader) : reader;
}
