import { steadyClock, systemClock, type Clock } from '../../clock.ts';
import { Unavailable } from '../../errors/appError.ts';
import type { Timeouts } from '../../events/mcpServer.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Era } from '../../mcp/eras.ts';
import { secretsOf } from '../../mcp/excerpt.ts';
import { upstreamClosed } from '../../mcp/failures.ts';
import { SessionState } from '../sessionState.ts';
import type { Room } from '../room.ts';
import type { ClientFacts, Upstream, UpstreamMessage, UpstreamRequest } from '../upstream.ts';
import { Connection } from './connection.ts';
import { Conversation, type HeldAskOptions } from '../duplex/conversation.ts';
import type { ProcessState } from './processState.ts';
import type { ProgramLimits, Programs } from './programs.ts';
import { startFailure } from './startFailure.ts';
import { StderrLog, type StderrLine } from './stderrLog.ts';
import { DEFAULT_STDIO_SETTINGS, type StdioSettings } from './stdioSettings.ts';
import { Supervisor } from './supervisor.ts';

/** A server that is a program, as it is configured. */
export interface StdioServer {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string | undefined;
  /** Secret. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeouts: Timeouts;
  readonly limits?: ProgramLimits | undefined;
}

export interface StdioOptions {
  readonly programs: Pick<Programs, 'start'>;
  readonly client: ClientFacts;
  readonly logger: Logger;
  /** Makes room for each message that is read. */
  readonly leaseRoom?: (() => Room) | undefined;
  /** Called when the server sends that a list of its has changed. */
  readonly onListChanged?: (() => void) | undefined;
  /** Aborting it ends the opening. */
  readonly signal?: AbortSignal | undefined;
  /** The parts that are not the defaults (src/upstream/stdio/stdioSettings.ts). */
  readonly settings?: Partial<StdioSettings> | undefined;
  /** Gets each state of the process from its first start on. */
  readonly onState?: ((state: ProcessState) => void) | undefined;
  /** Gets each line of its stderr from its first start on. */
  readonly onLine?: ((line: StderrLine) => void) | undefined;
  /** For times that are shown. (Default: the system's) */
  readonly clock?: Clock | undefined;
}

/** An Upstream whose server is one process at a time, kept by this gateway. */
export interface StdioUpstream extends Upstream {
  ask(request: UpstreamRequest, options?: HeldAskOptions): AsyncGenerator<UpstreamMessage, void, void>;
  readonly state: ProcessState;
  /** Calls back with each further state. Returns the function that stops it. */
  onState(listener: (state: ProcessState) => void): () => void;
  readonly stderr: Pick<StderrLog, 'lines' | 'onLine'>;
  /** Stops the process and starts it anew, also one that was given up. */
  restart(): Promise<void>;
}

interface Serving {
  readonly pid: number;
  readonly ended: Promise<Unavailable>;
  readonly conversation: Conversation;
  stop(): Promise<void>;
}

/**
 * Starts the program of a server and opens a conversation in its era. The Upstream outlives the process: what is under way when
 * it ends fails, and what comes later starts it anew.
 * @param remembered the era that is tried first; when it is not known, the modern one is
 * @throws UpstreamError; Unavailable `upstream-command-unusable`, `upstream-process-ended`, …; Invalid; the reason of the signal
 */
export async function openStdio(server: StdioServer, options: StdioOptions, remembered?: Era): Promise<StdioUpstream> {
  const {
    programs,
    client,
    logger,
    leaseRoom,
    onListChanged,
    signal,
    settings: partial,
    onState,
    onLine,
    clock = systemClock,
  } = options;
  const settings = { ...DEFAULT_STDIO_SETTINGS, ...partial };
  const { name, timeouts } = server;
  const label = { server: name, secrets: secretsOf(undefined, server.env) };
  const closing = new AbortController();
  const closed = closing.signal;
  const stderr = new StderrLog({ label, settings: settings.stderr, logger, clock });
  const state = new SessionState();
  if (onLine !== undefined) stderr.onLine(onLine);
  let era = remembered;
  let facts: Conversation['facts'] | undefined;

  async function startIn(tried: Era | undefined, signal: AbortSignal): Promise<Serving> {
    const program = await programs.start({ ...server, server: name });
    const connection = new Connection({ label, program, stderr, settings, logger, clock: steadyClock });
    try {
      const { channel } = connection;
      const options = { channel, client, timeouts, state, leaseRoom, onListChanged, closed, remembered: tried, signal };
      const conversation = await Conversation.open(options);
      ({ facts } = conversation);
      ({ era } = facts);
      return { pid: program.pid, ended: channel.ended, conversation, stop: () => connection.stop() };
    } catch (error) {
      await connection.abort(error instanceof Unavailable ? error : upstreamClosed(label));
      throw isOfProgram(error) ? startFailure(error, connection.printed, server) : error;
    }
  }

  async function start(signal: AbortSignal): Promise<Serving> {
    try {
      return await startIn(era, signal);
    } catch (error) {
      // Some servers end at a request before `initialize`: a new process is asked nothing else.
      const mayBeLegacy = era === undefined && error instanceof Unavailable && error.code === 'upstream-process-ended';
      if (!mayBeLegacy || signal.aborted) throw error;
      return await startIn('legacy', signal);
    }
  }

  const supervisor = new Supervisor<Serving>({ server: name, start, settings, logger, clock, steadyClock });
  if (onState !== undefined) supervisor.onState(onState);
  const close = async (): Promise<void> => {
    if (!closed.aborted) closing.abort(upstreamClosed(label));
    await supervisor[Symbol.asyncDispose]();
  };

  try {
    (await supervisor.use(signal))[Symbol.dispose]();
  } catch (error) {
    await close();
    throw error;
  }

  return {
    ...label,
    get facts() {
      if (facts === undefined) throw new TypeError('an Upstream that was opened has facts');
      return facts;
    },
    get state() {
      return supervisor.state;
    },
    onState: (listener) => supervisor.onState(listener),
    stderr,
    restart: () => supervisor.restart(),
    async *ask(request, options = {}) {
      closed.throwIfAborted();
      const signals = [options.signal, options.released].filter((signal) => signal !== undefined);
      for (const signal of signals) signal.throwIfAborted();
      using use = supervisor.useNow() ?? (await supervisor.use(AbortSignal.any(signals)));
      yield* use.process.conversation.ask(request, options);
    },
    async *listen(options) {
      if (options.signal.aborted) return;
      closed.throwIfAborted();
      using use = await supervisor.use(options.signal).catch((error: unknown) => {
        if (options.signal.aborted) return undefined;
        throw error;
      });
      if (use !== undefined) yield* use.process.conversation.listen(options);
    },
    async tell(notification, options = {}) {
      closed.throwIfAborted();
      using use = await supervisor.use(options.signal);
      await use.process.conversation.tell(notification, options);
    },
    async reply(id, outcome) {
      closed.throwIfAborted();
      using use = await supervisor.use();
      await use.process.conversation.reply(id, outcome);
    },
    [Symbol.asyncDispose]: close,
  };
}

/** The program is at fault: it has ended, was silent, or has spoken something else. */
function isOfProgram(error: unknown): error is Unavailable {
  if (!(error instanceof Unavailable)) return false;
  return ['upstream-process-ended', 'upstream-timeout', 'upstream-not-mcp'].includes(error.code);
}

export type { StderrLine };
