import { AppError } from '../errors/appError.ts';

/** What a piece of work is to a request: it serves one, makes one, or is a part of the work. */
export type SpanKind = 'server' | 'client' | 'internal';

export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** A piece of work in a trace (OpenTelemetry, Trace API). */
export interface Span {
  /** What is passed on to whoever works for it (W3C Trace Context, 3.2). */
  readonly traceparent: string;
  /** Ends it; once, at the first time. @param failure the code of the error that it ended with. (Default: none) */
  end(failure?: string, attributes?: SpanAttributes): void;
}

export interface SpanOptions {
  readonly kind: SpanKind;
  /** The traceparent of the work that it belongs to. (Default: it begins a trace) */
  readonly parent?: string | undefined;
  readonly attributes?: SpanAttributes;
}

/** Tells what happens when, for traces. Where nobody collects them there is none, and so nothing to pay. */
export interface Tracer {
  start(name: string, options: SpanOptions): Span;
}

/** Does some work in a span, where somebody collects traces. */
export async function inSpan<T>(
  tracer: Tracer | undefined,
  name: string,
  options: SpanOptions,
  work: () => Promise<T>,
): Promise<T> {
  const span = tracer?.start(name, options);
  try {
    const result = await work();
    span?.end();
    return result;
  } catch (error) {
    span?.end(error instanceof AppError ? error.code : 'internal-error');
    throw error;
  }
}

/** Version 00 in full, with nothing behind it; of a later one the same members come first (W3C Trace Context, 3.2.2, "Versioning"). */
const TRACEPARENT = /^(?!ff|00.{54})[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;

/** What a traceparent tells. */
export interface TraceParent {
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
}

/** Reads a traceparent; undefined: it is none, and counts as if it were not there (W3C Trace Context, 4.3). */
export function readTraceparent(value: unknown): TraceParent | undefined {
  if (typeof value !== 'string' || value.length > 512) return undefined;
  const [, traceId, spanId, flags] = TRACEPARENT.exec(value) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** Finds the traceparent of a request: that of the message itself goes before that of what carries it (MCP 2026-07-28, basic, `_meta`). */
export function traceparentOf(inMessage: unknown, inHeaders: unknown): string | undefined {
  if (readTraceparent(inMessage) !== undefined) return inMessage as string;
  return readTraceparent(inHeaders) === undefined ? undefined : (inHeaders as string);
}
