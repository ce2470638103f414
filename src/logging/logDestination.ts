import { isatty } from 'node:tty';
import { destination, type DestinationStream } from 'pino';
import { readable } from './readable.ts';

/** Where log lines go: JSON, each with its line end. */
export type LogDestination = DestinationStream;

/** `auto`: `text` on a terminal, else `json`. */
export type LogFormat = 'auto' | 'json' | 'text';

export interface LogDestinationOptions {
  /** (Default: auto) */
  readonly format?: LogFormat;
  /** Lines may wait a moment, so that many cost one write; what is a warning or worse goes at once. (Default: false) */
  readonly buffered?: boolean;
  /** Which of several processes that log to one place this is; each line has it. (Default: it is alone) */
  readonly worker?: number | undefined;
}

const STDERR = 2;

/** The longest that a line waits, in milliseconds. */
const FLUSH_MS = 200;

/** The most bytes that are written at once. */
const MAX_WRITE_BYTES = 16_384;

/** Written at once when so many bytes wait. */
const BLOCK_BYTES = 8_192;

/**
 * The most bytes that one of several processes writes at once: the kernel does not mix them up with those of others (PIPE_BUF, pipe(7)). A line that
 * is longer may have another one in it.
 */
const SHARED_WRITE_BYTES = 4_096;

/** What waits beyond it, as nobody takes it, is left out: a log that is not read must not fill the memory. */
const MAX_WAITING_BYTES = 8 * 1_024 * 1_024;

/** A warning or worse, by pino's numbers. */
const URGENT = /^\{"level":[456]0/;

/** Opens the log on stderr, so that stdout stays free for answers. */
export function openLogDestination({ worker, ...options }: LogDestinationOptions = {}): LogDestination {
  if (worker === undefined) return openOwn(options);
  const own = openOwn(options, SHARED_WRITE_BYTES);
  const end = `,"worker":${worker}}\n`;
  return { write: (line) => own.write(line.slice(0, -2) + end) };
}

function openOwn({ format = 'auto', buffered = false }: LogDestinationOptions, maxWrite?: number): LogDestination {
  const isTerminal = isatty(STDERR);
  if (format === 'text' || (format === 'auto' && isTerminal)) {
    const sink = openSync();
    return { write: (line) => void sink.write(readable(line, { isTerminal })) };
  }
  return buffered ? openBuffered(maxWrite) : openSync();
}

function openSync(): ReturnType<typeof destination> {
  const sink = destination({ dest: STDERR, sync: true });
  // A full disk, or a reader that has gone, is no reason to end what is logged.
  sink.on('error', () => undefined);
  return sink;
}

function openBuffered(maxWrite = MAX_WRITE_BYTES): LogDestination {
  const sink = destination({
    dest: STDERR,
    sync: false,
    minLength: Math.min(BLOCK_BYTES, maxWrite / 2),
    maxLength: MAX_WAITING_BYTES,
    maxWrite,
    periodicFlush: FLUSH_MS,
  });
  let omitted = 0;
  sink.on('drop', () => omitted++);
  // Who read it has gone, and the gateway goes on.
  sink.on('error', () => undefined);
  process.on('exit', () => {
    try {
      sink.flushSync();
    } catch {
      // Nobody reads it.
    }
  });
  return {
    write(line) {
      if (omitted > 0) {
        const told = omittedLine(omitted);
        omitted = 0;
        sink.write(told);
      }
      sink.write(line);
      if (URGENT.test(line)) sink.flush();
    },
  };
}

function omittedLine(omitted: number): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level: 40, time, omitted, msg: 'lines of this log were left out: nobody took them' })}\n`;
}
