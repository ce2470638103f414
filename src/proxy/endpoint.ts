import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ToolGrant } from '../access/grants.ts';
import type { LiveServer, LiveServers } from '../live/liveServer.ts';
import type { Authenticate, Principal } from '../auth/principal.ts';
import type { Clock } from '../clock.ts';
import { AppError, Invalid } from '../errors/appError.ts';
import { checkRequestHead } from '../front/requestHead.ts';
import type { Logger } from '../logging/logger.ts';
import type { BodyLease } from '../calls/bodyRoom.ts';
import type { CallRegister } from '../calls/callRegister.ts';
import type { Via } from '../calls/via.ts';
import { bodyTooCostly, findExcess } from '../mcp/jsonCost.ts';
import { sessionNotFound } from '../mcp/lostSession.ts';
import type { UpstreamAgents } from '../upstream/http/agents.ts';
import { checkHttpMethod, checkHost, checkScope, serverNameOf, serverNotFound, usableServer } from './admission.ts';
import { bindTasks } from './tasks/boundTasks.ts';
import { createByteLane } from './bytes/byteLane.ts';
import type { Call } from './call.ts';
import type { CallContext } from './callContext.ts';
import type { CallObserver } from '../calls/callEvent.ts';
import { classify } from './classify.ts';
import { answerOptions } from './cors.ts';
import { answerError, internalError } from './errorAnswer.ts';
import { createHostPolicy, type Hosts } from './hostPolicy.ts';
import { laneOf } from './lane.ts';
import { DEFAULT_PROXY_LIMITS, type ProxyLimits } from './limits.ts';
import type { JsonRpcId } from '../mcp/jsonRpc.ts';
import type { Message } from './message.ts';
import type { OpenUpstream } from './messages/heldUpstreams.ts';
import { createMessageLane } from './messages/messageLane.ts';
import { sendLocalAnswer } from './localAnswer.ts';
import { readBody, type ReadBody } from './readBody.ts';
import { createSessionTokens, type Session } from './sessionTokens.ts';
import { createTaskIds } from './tasks/taskIds.ts';
import { readTasks } from './tasks/taskMessage.ts';
import { judgeTools } from './toolPolicy.ts';

export interface McpEndpointOptions {
  readonly authenticate: Authenticate;
  readonly servers: Pick<LiveServers, 'find' | 'onChange'>;
  /** The caller disposes of it, before the endpoint. */
  readonly register: CallRegister;
  /** The caller disposes of them, after the endpoint. */
  readonly agents: UpstreamAgents;
  /** Opens servers that do not speak HTTP as clients do. */
  readonly openUpstream: OpenUpstream;
  readonly via: Via;
  /** 32 bytes, the same on every replica: seals the session ids that clients hold. */
  readonly sessionKey: Buffer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<ProxyLimits>;
  readonly hosts: Hosts;
  /** Gets the event of every call when it has ended. */
  readonly onCall?: CallObserver;
  /** Gets every request with a good credential. */
  readonly recognise?: (req: IncomingMessage) => void;
  /** Gets every request that is refused. */
  readonly onRefused?: (req: IncomingMessage, error: AppError) => void;
}

/** The MCP endpoints of this process. */
export interface McpEndpoint extends Disposable {
  /** Answers a request whose path is `/mcp` or begins with `/mcp/`. Never throws. */
  handle(req: IncomingMessage, res: ServerResponse): void;
}

/** A request of a key to a server that it may use. */
interface AdmittedRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly principal: Principal;
  readonly grant: ToolGrant;
  readonly server: LiveServer;
}

/**
 * Makes the streaming HTTP endpoints `/mcp/<server>`. While keys and servers are in memory, a request waits for nothing but
 * its own body on its way from the client's socket to the server's (docs/proxy.md).
 */
export function createMcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  const { authenticate, servers, register, via, clock, logger, recognise, onRefused } = options;
  const limits: ProxyLimits = { ...DEFAULT_PROXY_LIMITS, ...options.limits };
  const hostPolicy = createHostPolicy(options.hosts);
  const tokens = createSessionTokens({ key: options.sessionKey, clock });
  const taskIds = createTaskIds(options.sessionKey);
  const onCall = logged(logger, options.onCall);
  const context: CallContext = { tokens, taskIds, register, clock, logger, limits, onCall };
  const lanes = {
    bytes: createByteLane(context, options.agents),
    messages: createMessageLane(context, options.openUpstream),
  };
  const stopListening = servers.onChange((name) => {
    lanes.bytes.retire(name);
    lanes.messages.retire(name);
  });

  function admit(req: IncomingMessage, res: ServerResponse): void {
    checkRequestHead(req);
    checkHost(req.headers, hostPolicy);
    if (req.method === 'OPTIONS') {
      answerOptions(req, res, req.headers.origin);
      return;
    }
    via.check(req.headers.via);
    const principal = authenticate(req.headers);
    if (!(principal instanceof Promise)) {
      route(req, res, principal);
      return;
    }
    principal
      .then((known) => {
        route(req, res, known);
      })
      .catch((error: unknown) => {
        refuse(req, res, error);
      });
  }

  function route(req: IncomingMessage, res: ServerResponse, principal: Principal): void {
    recognise?.(req);
    checkScope(principal);
    const name = serverNameOf(req.url ?? '');
    const grant = principal.grants.forServer(name);
    if (grant === undefined) throw serverNotFound();
    const found = servers.find(name);
    if (!(found instanceof Promise)) {
      receive({ req, res, principal, grant, server: usableServer(found) });
      return;
    }
    found
      .then((server) => {
        receive({ req, res, principal, grant, server: usableServer(server) });
      })
      .catch((error: unknown) => {
        refuse(req, res, error);
      });
  }

  function receive(admitted: AdmittedRequest): void {
    const { req, res } = admitted;
    const httpMethod = checkHttpMethod(req);
    if (httpMethod !== 'POST') {
      forward(admitted, httpMethod);
      return;
    }
    const leaseRoom = (): BodyLease => register.leaseBody(admitted.principal);
    readBody(req, { maxBytes: limits.maxBodyBytes, leaseRoom }, (body) => {
      try {
        if (body instanceof Error) throw body;
        const { lease } = body;
        if (lease !== undefined) res.once('close', () => lease.release());
        read(admitted, body);
      } catch (thrown) {
        refuse(req, res, thrown);
      }
    });
  }

  function read(admitted: AdmittedRequest, body: ReadBody): void {
    const { req, res, grant } = admitted;
    const text = body.bytes.toString('utf8');
    const parsed = parseJson(body.bytes, text);
    const message = classify(parsed, req.headers);
    if ('error' in message) {
      refuse(req, res, message.error, message.id);
      return;
    }
    try {
      const answer = grant === 'all' ? undefined : judgeTools(message, parsed, body.bytes, grant);
      const tasks = answer ?? readTasks(message, parsed, body.bytes, text);
      if (tasks === undefined) forward(admitted, 'POST', message, body);
      else if ('status' in tasks) sendLocalAnswer(res, tasks, allowedOrigin(req));
      else forward(admitted, 'POST', { ...message, tasks }, body);
    } catch (error) {
      refuse(req, res, error, message.id);
    }
  }

  function forward(
    admitted: AdmittedRequest,
    httpMethod: Call['httpMethod'],
    message?: Message,
    body?: ReadBody,
  ): void {
    const { req, res, server } = admitted;
    // It may have changed while the body was on its way.
    const now = servers.find(server.name);
    if (now === server) {
      start(admitted, httpMethod, message, body);
      return;
    }
    Promise.resolve(now)
      .then((found) => {
        start({ ...admitted, server: usableServer(found) }, httpMethod, message, body);
      })
      .catch((error: unknown) => {
        refuse(req, res, error, message?.id);
      });
  }

  function start(admitted: AdmittedRequest, httpMethod: Call['httpMethod'], message?: Message, body?: ReadBody): void {
    const { req, res, principal, grant, server } = admitted;
    // The client may have left while something was awaited, and then its `close` event is over.
    if (res.destroyed) return;
    const era = message?.era ?? 'legacy';
    const lane = lanes[laneOf(server)];
    const place = lane.placeOf(server);
    const session = era === 'modern' || message?.method === 'initialize' ? undefined : sessionOf(req, principal, place);
    const owner = { keyId: principal.keyId, place };
    const bound = bindTasks(httpMethod, message, owner, grant, taskIds);
    if (bound !== undefined && 'status' in bound) {
      sendLocalAnswer(res, bound, allowedOrigin(req));
      return;
    }
    const call: Call = {
      principal,
      server,
      place,
      grant,
      httpMethod,
      era,
      kind: message?.kind,
      id: message?.id ?? null,
      awaited: message?.awaited ?? [],
      method: message?.method,
      tools: bound?.tools ?? message?.tools ?? [],
      onlyTools: bound?.onlyTools ?? message?.onlyTools ?? false,
      tasks: bound?.tasks,
      session,
      inSession: session !== undefined,
      corsOrigin: req.headers.origin,
      via: via.onward(req.headers.via),
      bytesIn: body?.bytes.length ?? 0,
    };
    lane.carry(call, req, res, bound?.bytes === undefined ? body : { bytes: bound.bytes, lease: body?.lease });
  }

  /** @throws NotFound when the client names a session that is not this key's with this server at this place */
  function sessionOf(req: IncomingMessage, { keyId }: Principal, place: string): Session | undefined {
    const token = req.headers['mcp-session-id'];
    if (token === undefined) return undefined;
    const session = typeof token === 'string' ? tokens.open(token) : undefined;
    if (session?.keyId !== keyId || session.place !== place) throw sessionNotFound();
    return session;
  }

  function allowedOrigin(req: IncomingMessage): string | undefined {
    const { origin } = req.headers;
    return origin !== undefined && hostPolicy.allowsOrigin(origin) ? origin : undefined;
  }

  function refuse(req: IncomingMessage, res: ServerResponse, error: unknown, id: JsonRpcId = null): void {
    if (res.headersSent || res.destroyed) {
      res.destroy();
      return;
    }
    if (error instanceof AppError) onRefused?.(req, error);
    const refusal = { error: error instanceof AppError ? error : internalError(logger, error), id };
    answerError(req, res, refusal, allowedOrigin(req));
  }

  return {
    handle(req, res) {
      try {
        admit(req, res);
      } catch (error) {
        refuse(req, res, error);
      }
    },
    [Symbol.dispose]: stopListening,
  };
}

/** Logs each call that has ended, where anybody reads that. */
function logged(logger: Logger, onCall: CallObserver | undefined): CallObserver | undefined {
  if (!logger.isLevelEnabled('debug')) return onCall;
  return (event) => {
    logger.debug(event, 'call');
    onCall?.(event);
  };
}

/** @throws Invalid; Limited */
function parseJson(bytes: Buffer, text: string): unknown {
  const excess = findExcess(bytes);
  if (excess !== undefined) throw bodyTooCostly(excess);
  try {
    return JSON.parse(text);
  } catch {
    throw new Invalid('parse-error', 'The body is not JSON.');
  }
}
