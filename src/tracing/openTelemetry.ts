import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace, type Context } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import { steadyClock } from '../clock.ts';
import { reasonOf } from '../errors/reason.ts';
import type { Logger } from '../logging/logger.ts';
import { redacted } from '../logging/redaction.ts';
import { createRepeatedLog, type RepeatedLog } from '../logging/repeatedLog.ts';
import { readTraceparent, type SpanAttributes, type Tracer } from './tracer.ts';

export interface TracingOptions {
  /** The base URL of the collector; the signal's path is added (OpenTelemetry, OTLP exporter, "Endpoint URLs for OTLP/HTTP"). */
  readonly endpoint: string;
  /** Such as credentials of the collector. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly version: string;
  /** The share of traces that begin here and are kept, from 0 to 1; one that began elsewhere is kept as it was decided there. */
  readonly ratio: number;
  readonly logger: Logger;
}

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };

/** The longest that a span waits for others to be sent with, in milliseconds. */
const SEND_EVERY_MS = 1_000;

/** How long the last spans may take to be sent when the process stops, in milliseconds. */
const SHUTDOWN_MS = 2_000;

/** Opens what sends traces to a collector, over OTLP/HTTP, in batches and past all calls. A collector that is away costs spans, and nothing else. */
export function openTracer({
  endpoint,
  headers,
  serviceName,
  version,
  ratio,
  logger,
}: TracingOptions): Tracer & AsyncDisposable {
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
  const log = createRepeatedLog({ logger, clock: steadyClock, message: 'the collector of traces takes no spans' });
  const exporter = logged(new OTLPTraceExporter({ url, headers: { ...headers } }), url, log);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.version': version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: SEND_EVERY_MS })],
  });
  const tracer = provider.getTracer('metamcp', version);

  return {
    start(name, { kind, parent, attributes = {} }) {
      const span = tracer.startSpan(
        redacted(name),
        { kind: KINDS[kind], attributes: present(attributes) },
        contextOf(parent),
      );
      const { traceId, spanId, traceFlags } = span.spanContext();
      return {
        traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
        end(failure, more = {}) {
          if (!span.isRecording()) return;
          span.setAttributes(present(more));
          if (failure !== undefined) {
            span.setAttribute('error.type', failure);
            span.setStatus({ code: SpanStatusCode.ERROR });
          }
          span.end();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const bound = setTimeout(() => resolve(undefined), SHUTDOWN_MS);
      // The collector is away: what it has not got is lost.
      await Promise.race([provider.shutdown().catch(() => undefined), promise]);
      clearTimeout(bound);
      log[Symbol.dispose]();
    },
  };
}

/** Has the log tell of spans that are lost: the exporter itself tells nobody. What a collector answers is not repeated. */
function logged(exporter: SpanExporter, url: string, log: RepeatedLog): SpanExporter {
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const { error } = result;
        if (error !== undefined) {
          const reason = 'code' in error && typeof error.code === 'number' ? `HTTP ${error.code}` : reasonOf(error);
          log.note(reason ?? '', () => ({ url, reason, lost: spans.length }));
        }
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}

function contextOf(parent: string | undefined): Context {
  const read = readTraceparent(parent);
  if (read === undefined) return ROOT_CONTEXT;
  const { traceId, spanId, flags } = read;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: flags & TraceFlags.SAMPLED,
    isRemote: true,
  });
}

/** Clients choose the names of methods, tools and requests, and so might send their key as one. */
function present(attributes: SpanAttributes): Record<string, string | number | boolean> {
  const known = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    known.map(([name, value]) => [name, typeof value === 'string' ? redacted(value) : value]),
  ) as Record<string, string | number | boolean>;
}
