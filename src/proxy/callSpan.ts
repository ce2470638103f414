import type { Span, Tracer } from '../tracing/tracer.ts';
import { toolOf, type Call } from './call.ts';

/** Starts the span of a call, as its client sees it (OpenTelemetry, Semantic conventions for MCP, "Server"). */
export function startCallSpan(tracer: Tracer, call: Call): Span {
  const { principal, server, view, era, id, kind, httpMethod } = call;
  const method = call.method ?? kind ?? httpMethod;
  const tool = toolOf(call);
  return tracer.start(tool === undefined ? method : `${method} ${tool}`, {
    kind: 'server',
    parent: call.traceparent,
    attributes: {
      'mcp.method.name': method,
      'jsonrpc.request.id': id === null ? undefined : String(id),
      'gen_ai.tool.name': tool,
      'gen_ai.operation.name': tool === undefined ? undefined : 'execute_tool',
      'metamcp.era': era,
      'metamcp.key.id': principal.keyId,
      'metamcp.server.name': view === undefined ? server.name : undefined,
    },
  });
}
