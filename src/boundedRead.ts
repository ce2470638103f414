import { closeSync, constants, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export interface BoundedReadOptions {
  /** What has more is refused, and not read further. */
  readonly maxBytes: number;
  /** For what comes through a pipe, in all. (Default: 30_000, enough for a program that asks for a passphrase) */
  readonly patienceMs?: number;
  /** Looks at what was opened before a byte of it is read, and may throw: a path can lead elsewhere a moment later. */
  readonly inspect?: (opened: BigIntStats) => void;
}

/** Why something can’t be read. Neither its message nor `reason` repeats a path or what stands there. */
export class FileUnreadable extends Error {
  override readonly name = 'FileUnreadable';
  /** For a sentence, in parentheses: a few words, with the system’s code where it has one. */
  readonly reason: string;
  readonly isTooLarge: boolean;
  /** There is no such file. */
  readonly isMissing: boolean;

  constructor(reason: string, options: { readonly isTooLarge?: boolean; readonly cause?: unknown } = {}) {
    super(reason, { cause: options.cause });
    this.reason = reason;
    this.isTooLarge = options.isTooLarge ?? false;
    this.isMissing = codeOf(options.cause) === 'ENOENT';
  }
}

const LOOK_AGAIN_MS = 10;
const CHUNK_BYTES = 256 * 1024;

/**
 * Reads a file as a whole, within bounds of size and time, whatever a path leads to: a device that never ends, a pipe into
 * which nobody writes, a file that grows meanwhile.
 * @throws FileUnreadable; what `inspect` throws
 */
export async function readBounded(path: string, options: BoundedReadOptions): Promise<Buffer> {
  const reading = read(path, options);
  for (let step = reading.next(); ; step = reading.next()) {
    if (step.done === true) return step.value;
    await delay(LOOK_AGAIN_MS);
  }
}

/** As `readBounded`, for the settings, without which nothing else can begin. @throws FileUnreadable */
export function readBoundedSync(path: string, options: BoundedReadOptions): Buffer {
  const reading = read(path, options);
  const silence = new Int32Array(new SharedArrayBuffer(4));
  for (let step = reading.next(); ; step = reading.next()) {
    if (step.done === true) return step.value;
    Atomics.wait(silence, 0, 0, LOOK_AGAIN_MS);
  }
}

/** Reads a stream to its end, as stdin. @throws FileUnreadable when it has more than `maxBytes` */
export async function readStream(stream: AsyncIterable<Uint8Array | string>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes =
      typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    size += bytes.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** Yields whenever there is nothing to read yet. */
function* read(
  path: string,
  { maxBytes, patienceMs = 30_000, inspect }: BoundedReadOptions,
): Generator<undefined, Buffer> {
  const fd = open(path);
  try {
    const opened = fstatSync(fd, { bigint: true });
    if (opened.isDirectory()) throw new FileUnreadable('it is a folder');
    inspect?.(opened);
    if (opened.isFile() && opened.size > maxBytes) throw tooLarge(maxBytes);
    const chunks: Buffer[] = [];
    let size = 0;
    for (let waitedMs = 0; ;) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, maxBytes + 1 - size));
      const bytes = readSome(fd, chunk);
      if (bytes === undefined) {
        if (waitedMs >= patienceMs) throw new FileUnreadable('nothing more comes through this pipe');
        waitedMs += LOOK_AGAIN_MS;
        yield;
        continue;
      }
      if (bytes === 0) break;
      size += bytes;
      if (size > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk.subarray(0, bytes));
    }
    if (size === 0 && opened.isFIFO()) throw new FileUnreadable('nobody writes into this pipe');
    return Buffer.concat(chunks);
  } finally {
    closeSync(fd);
  }
}

/** Without O_NONBLOCK, opening a pipe waits until somebody opens its other end. Windows has no such flags. */
function open(path: string): number {
  const { O_RDONLY, O_NONBLOCK = 0, O_NOCTTY = 0 } = constants as Partial<typeof constants>;
  try {
    return openSync(path, (O_RDONLY ?? 0) | O_NONBLOCK | O_NOCTTY);
  } catch (cause) {
    const code = codeOf(cause);
    const reason = code === 'ENXIO' ? 'it is a socket, or a device that is not there' : reasonOf(cause);
    throw new FileUnreadable(reason, { cause });
  }
}

/** @returns the bytes read, 0 at the end; undefined when there is nothing yet */
function readSome(fd: number, chunk: Buffer): number | undefined {
  try {
    return readSync(fd, chunk);
  } catch (cause) {
    if (codeOf(cause) === 'EAGAIN') return undefined;
    throw new FileUnreadable(reasonOf(cause), { cause });
  }
}

/** What codes mean that people meet; others are left to whoever knows them. */
const MEANINGS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
};

/** A phrase with the system's code. */
function reasonOf(error: unknown): string {
  const code = codeOf(error);
  const meaning = MEANINGS[code];
  return meaning === undefined ? code : `${meaning}: ${code}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

function tooLarge(maxBytes: number): FileUnreadable {
  const size = maxBytes >= 1_048_576 ? `${maxBytes / 1_048_576} MiB` : `${maxBytes / 1_024} KiB`;
  return new FileUnreadable(`it is larger than ${size}`, { isTooLarge: true });
}
