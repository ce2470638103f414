import type { RecordedEvent } from '../../events/eventStore.ts';
import type { Tracer } from '../../tracing/tracer.ts';

/** Spans of a batch at most: one that catches up has events of hours, whose traces nobody waits for. */
const MAX_SPANS = 100;

/** Starts the spans of events that are about to be applied, each in the trace of the command that made it; disposing ends them. */
export function traceProjecting(tracer: Tracer | undefined, events: readonly RecordedEvent[]): Disposable {
  if (tracer === undefined) return { [Symbol.dispose]: () => undefined };
  const spans = events.slice(0, MAX_SPANS).flatMap(({ type, stream, metadata }) => {
    const { traceparent: parent } = metadata;
    if (typeof parent !== 'string') return [];
    return [tracer.start(`project ${type}`, { kind: 'internal', parent, attributes: { 'metamcp.stream': stream } })];
  });
  return {
    [Symbol.dispose]() {
      for (const span of spans) span.end();
    },
  };
}
