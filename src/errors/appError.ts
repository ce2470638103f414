/** Kinds of errors. One table maps them to HTTP (src/api/problem.ts), one to JSON-RPC (src/proxy/errorAnswer.ts). */
export type ErrorKind =
  'refused' | 'not-found' | 'invalid' | 'conflict' | 'unauthorized' | 'forbidden' | 'limited' | 'unavailable';

export interface AppErrorOptions {
  /** Details for programs. Never secret: callers and logs get them. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
  /** The id of the key that a refused credential names. For the log only: an answer must not disclose which keys exist. */
  readonly keyId?: string | undefined;
}

/**
 * An error that a caller can act on. Anything that is not an AppError is a bug.
 * `code` is stable kebab-case and part of the public API; `message` is a sentence for people.
 */
export abstract class AppError extends Error {
  abstract readonly kind: ErrorKind;
  readonly code: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly keyId: string | undefined;

  constructor(code: string, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.data = options.data ?? {};
    this.keyId = options.keyId;
  }

  override get name(): string {
    return this.constructor.name;
  }
}

/** A rule of the domain forbids the command. */
export class Refused extends AppError {
  readonly kind = 'refused';
}

/** What is named does not exist, or the caller may not know that it exists. */
export class NotFound extends AppError {
  readonly kind = 'not-found';
}

/** The input is not of the right shape. */
export class Invalid extends AppError {
  readonly kind = 'invalid';
}

/** Somebody else changed the stream first: a wrong expected revision, and nothing else. */
export class Conflict extends AppError {
  readonly kind = 'conflict';
}

/** No credential, or one that is not valid. */
export class Unauthorized extends AppError {
  readonly kind = 'unauthorized';
}

/** A valid credential without the scope. */
export class Forbidden extends AppError {
  readonly kind = 'forbidden';
}

/** The codes of `Limited`. */
export const LIMIT_CODES = [
  'rate-limited',
  'too-many-calls',
  'too-many-streams',
  'too-many-feeds',
  'too-many-bodies',
  'too-many-programs',
  'too-many-parked-calls',
  'too-many-client-kinds',
  'too-many-forwarded',
  'too-many-reports',
  'argon-busy',
  'batch-too-large',
  'body-too-large',
  'headers-too-large',
  'json-too-costly',
  'line-too-long',
  'consumer-too-slow',
] as const;

/** Too much, too large or too often. */
export class Limited extends AppError {
  readonly kind = 'limited';

  constructor(code: (typeof LIMIT_CODES)[number], message: string, options: AppErrorOptions = {}) {
    super(code, message, options);
  }
}

/** A store or an upstream can't be reached or did not answer in time; the same request may succeed later. */
export class Unavailable extends AppError {
  readonly kind = 'unavailable';
}
