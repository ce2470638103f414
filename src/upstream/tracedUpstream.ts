import { AppError } from '../errors/appError.ts';
import type { LiveServer } from '../live/liveServer.ts';
import { isJsonObject, type JsonObject } from '../mcp/jsonRpc.ts';
import { aroundUpstream } from './aroundUpstream.ts';
import type { OpenOptions } from './open.ts';
import type { Span, Tracer } from '../tracing/tracer.ts';
import type { AskOptions, ParkedUpstream, Upstream, UpstreamMessage, UpstreamRequest } from './upstream.ts';

/** The span of a request to a server (OpenTelemetry, Semantic conventions for MCP, "Client"). */
export function startUpstreamSpan(
  tracer: Tracer,
  { name, transport, url }: Pick<LiveServer, 'name' | 'transport' | 'url'>,
  { method, tool }: { readonly method: string; readonly tool: string | undefined },
  parent: string | undefined,
): Span {
  return tracer.start(tool === undefined ? method : `${method} ${tool}`, {
    kind: 'client',
    parent,
    attributes: {
      'mcp.method.name': method,
      'gen_ai.tool.name': tool,
      'gen_ai.operation.name': tool === undefined ? undefined : 'execute_tool',
      'network.transport': transport === 'stdio' ? 'pipe' : 'tcp',
      'server.address': url?.hostname,
      'server.port': url === undefined || url.port === '' ? undefined : Number(url.port),
      'metamcp.server.name': name,
    },
  });
}

type Open = (server: LiveServer, options: Partial<OpenOptions>) => Promise<Upstream>;

/** Has all that is opened be traced. */
export function openTraced(open: Open, tracer: Tracer): Open {
  return async (server, options) => tracedUpstream(await open(server, options), server, tracer, options.traceparent);
}

/**
 * Makes an Upstream whose requests have spans, and carry them on in `_meta` to the server, whatever its transport.
 * @param parent of requests that name none themselves
 */
function tracedUpstream(upstream: Upstream, server: LiveServer, tracer: Tracer, parent?: string): Upstream {
  async function* ask(request: UpstreamRequest, options: AskOptions = {}): AsyncGenerator<UpstreamMessage, void, void> {
    const { method, params } = request;
    const name = method === 'tools/call' ? params?.['name'] : undefined;
    const about = { method, tool: typeof name === 'string' ? name : undefined };
    const span = startUpstreamSpan(tracer, server, about, options.traceparent ?? parent);
    let failure: string | undefined = 'cancelled';
    try {
      const traced = { method, params: withTraceparent(params, span.traceparent) };
      for await (const message of upstream.ask(traced, options)) {
        if (message.kind === 'response')
          failure = 'error' in message.response ? String(message.response.error.code) : undefined;
        yield message;
      }
    } catch (error) {
      failure = error instanceof AppError ? error.code : 'internal-error';
      throw error;
    } finally {
      span.end(failure);
    }
  }

  const park = upstream.park?.bind(upstream);
  return aroundUpstream(upstream, {
    ask,
    ...(park !== undefined && { park: () => tracedParked(park(), server, tracer, parent) }),
  });
}

function tracedParked(parked: ParkedUpstream, server: LiveServer, tracer: Tracer, parent?: string): ParkedUpstream {
  return {
    resume: () => tracedUpstream(parked.resume(), server, tracer, parent),
    [Symbol.asyncDispose]: () => parked[Symbol.asyncDispose](),
  };
}

function withTraceparent(params: JsonObject | undefined, traceparent: string): JsonObject {
  const meta = params?.['_meta'];
  return { ...params, _meta: { ...(isJsonObject(meta) && meta), traceparent } };
}
