import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EndedSessions } from '../live/endedSessions.ts';
import type { LiveKeys } from '../live/liveKeys.ts';
import type { FindToolHold } from '../catalogue/toolHolds.ts';
import type { LiveServers } from '../live/liveServer.ts';
import type { Authenticate } from '../auth/principal.ts';
import type { Clock } from '../clock.ts';
import type { Tracer } from '../tracing/tracer.ts';
import type { Logger } from '../logging/logger.ts';
import type { BodyLease } from '../calls/bodyRoom.ts';
import type { CallRegister } from '../calls/callRegister.ts';
import type { Via } from '../calls/via.ts';
import { ParkedBudget } from '../upstream/bridge/parkedBudget.ts';
import type { Eras } from '../upstream/eras.ts';
import { createRememberedLists } from '../upstream/aggregate/rememberedLists.ts';
import type { UpstreamAgents } from '../upstream/http/agents.ts';
import { noteRoute } from '../front/frontResponse.ts';
import type { OnRefused } from '../front/refusalLog.ts';
import { checkHttpMethod, LINES_PATH } from './admission.ts';
import { createByteLane } from './bytes/byteLane.ts';
import type { AdmittedRequest } from './admittedRequest.ts';
import { createHeldAggregates } from './aggregate/heldAggregates.ts';
import type { Catalogues } from '../catalogue/openCatalogues.ts';
import { createViews } from './aggregate/views.ts';
import { createBridgedUpstreams } from './bridgedUpstreams.ts';
import type { CallContext } from './callContext.ts';
import type { CallObserver } from '../calls/callEvent.ts';
import { createEraProbe } from './eraProbe.ts';
import { createGate } from './gate.ts';
import { withToolHolds } from './heldTools.ts';
import type { HostPolicy } from './hostPolicy.ts';
import { DEFAULT_PROXY_LIMITS, type ProxyLimits } from './limits.ts';
import { LineResponse, type CallResponse } from './lineResponse.ts';
import { createLineEndpoint } from './lines/lineEndpoint.ts';
import { createMessageIntake } from './messageIntake.ts';
import type { OpenUpstream } from './openUpstream.ts';
import { createMessageLane } from './messages/messageLane.ts';
import { createGatewayAnswers, unsentRequest } from './gatewayAnswers.ts';
import { createNoteNotRouted } from './notRouted.ts';
import { createPeers, type LocalPeers } from './peers.ts';
import { createRefuseAsProblem, type ProblemAnswersOptions } from './problemAnswers.ts';
import { readBody, type ReadBody } from './readBody.ts';
import { readMessage } from './readMessage.ts';
import { createTextSeal } from './sealedText.ts';
import { createSessionTokens } from './sessionTokens.ts';
import { createRequestStates } from './requestStates.ts';
import { createRoute } from './route.ts';
import { createCallStarter } from './startCall.ts';
import { createTaskIds } from './tasks/taskIds.ts';

export interface McpEndpointOptions {
  readonly authenticate: Authenticate;
  readonly servers: LiveServers;
  readonly keys: Pick<LiveKeys, 'onChange'>;
  /** The caller disposes of it, before the endpoint. */
  readonly register: CallRegister;
  /** The caller disposes of them, after the endpoint. */
  readonly agents: UpstreamAgents;
  /** Opens servers in an era that they speak: the client's, if it is one of them. It notes in `eras` what it finds. */
  readonly openUpstream: OpenUpstream;
  readonly eras: Eras;
  /** Counts the calls that wait for their clients. (Default: one of its own) */
  readonly parked?: ParkedBudget | undefined;
  /** How the gateway introduces itself to clients of the aggregate. */
  readonly serverInfo: { readonly name: string; readonly version: string };
  /** The server whose tools and prompts keep their names in the aggregate. (Default: none) */
  readonly unprefixed?: string | undefined;
  /** Finds what holds tools back that nobody has approved. (Default: nothing does) */
  readonly findHold?: FindToolHold | undefined;
  /** What all gateways remember of servers. (Default: nothing) */
  readonly catalogues?: Pick<Catalogues, 'findLast' | 'observe' | 'changed'> | undefined;
  readonly via: Via;
  readonly endedSessions: EndedSessions;
  /** 32 bytes, the same on every replica: seals the session ids that clients hold. */
  readonly sessionKey: Buffer;
  /** Where other replicas reach this one. (Default: they don't; sessions that live here are unknown there) */
  readonly peerUrl?: string | undefined;
  /** Which of several workers on this machine this is. (Default: none) */
  readonly localPeers?: LocalPeers | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined: nobody collects traces. */
  readonly tracer?: Tracer | undefined;
  readonly limits?: Partial<ProxyLimits>;
  readonly hostPolicy: HostPolicy;
  /** Makes the errors of what is part of the REST API: an exchange of lines that does not begin. */
  readonly toProblem: ProblemAnswersOptions['toProblem'];
  /** Gets the event of every call when it has ended. */
  readonly onCall?: CallObserver;
  /** Gets every request with a good credential. */
  readonly recognise?: (req: IncomingMessage) => void;
  /** Gets every request that is refused. */
  readonly onRefused?: OnRefused;
}

type Handler = (req: IncomingMessage, res: ServerResponse) => void;

/** The MCP endpoints of this process. */
export interface McpEndpoint extends Disposable {
  /**
   * Finds what answers a request target: `/mcp`, what begins with `/mcp/`, and LINES_PATH, where messages go both ways as lines as
   * long as the request lasts. Undefined: it is none of these. What it finds never throws.
   */
  handlerOf(target: string): Handler | undefined;
}

/**
 * Makes the streaming HTTP endpoints `/mcp` and `/mcp/<server>`. While keys and servers are in memory, a request waits for nothing but
 * its own body on its way from the client's socket to the server's (docs/proxy.md).
 */
export function createMcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  const { authenticate, servers, register, via, clock, logger, recognise, onRefused } = options;
  const limits: ProxyLimits = { ...DEFAULT_PROXY_LIMITS, ...options.limits };
  const tokens = createSessionTokens({ key: options.sessionKey, clock });
  const taskIds = createTaskIds(options.sessionKey);
  const { onCall } = options;
  const onListChanged = options.catalogues?.changed;
  const { tracer, hostPolicy } = options;
  const context: CallContext = { tokens, taskIds, register, clock, logger, tracer, limits, onCall, onListChanged };
  const peers = createPeers({
    url: options.peerUrl,
    local: options.localPeers,
    sessionKey: options.sessionKey,
    clock,
    silentMs: limits.peerSilentMs,
  });
  const { parked = new ParkedBudget() } = options;
  const states = createRequestStates(options.sessionKey, peers.here);
  const openUpstream = createBridgedUpstreams({ open: options.openUpstream, states, clock, parked });
  const aggregates = createHeldAggregates({
    context,
    openUpstream,
    peers,
    ended: options.endedSessions,
    lists: createRememberedLists({ clock }),
    cursors: createTextSeal(options.sessionKey, 'metamcp list cursor'),
    serverInfo: options.serverInfo,
    findHold: options.findHold,
    catalogues: options.catalogues,
    unprefixed: options.unprefixed,
  });
  const answers = createGatewayAnswers({ onCall, logger, allowedOrigin, onRefused });
  const lanes = {
    bytes: withToolHolds(createByteLane(context, options.agents), options.findHold, answers),
    messages: withToolHolds(createMessageLane(context, openUpstream, aggregates, peers), options.findHold, answers),
  };
  const { eras } = options;
  const probeEra = createEraProbe(options.openUpstream, eras);
  const start = createCallStarter({ context, lanes, aggregates, eras, probeEra, peers, states, via, answers });
  const stopListening = [
    servers.onChange((name) => {
      lanes.bytes.retire(name);
      lanes.messages.retire(name);
    }),
    options.keys.onChange((id, key) => options.agents.retireKey(id, key?.credentials)),
  ];

  // After the lanes: who hears of a changed server opens another conversation with it, and not by what they retire.
  const views = createViews({ servers, keys: options.keys });
  const findTarget = createRoute({ servers, views });
  const noteNotRouted = createNoteNotRouted({ servers, onCall });
  const gateOptions = { hostPolicy, via, authenticate, findTarget, noteNotRouted, recognise };
  const refuse = (req: IncomingMessage, res: CallResponse, error: unknown): void => answers.refuse({ req, res }, error);
  const gate = createGate({ ...gateOptions, refuse });
  const intake = createMessageIntake({ servers, start, answers });
  const refuseAsProblem = createRefuseAsProblem({ logger, toProblem: options.toProblem, allowedOrigin, onRefused });
  const gateOfLines = createGate({
    ...gateOptions,
    refuse(req, res, error) {
      if (res instanceof LineResponse) refuse(req, res, error);
      else refuseAsProblem(req, res, error);
    },
  });
  const lines = createLineEndpoint({ context, gate: gateOfLines, intake, answers, refuseAsProblem });

  function receive(admitted: AdmittedRequest<ServerResponse>): void {
    const { req, res } = admitted;
    try {
      const httpMethod = checkHttpMethod(req);
      if (httpMethod !== 'POST') {
        intake.forward(admitted, httpMethod);
        return;
      }
    } catch (error) {
      answers.refuse({ req, res, call: unsentRequest(admitted) }, error);
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
        const bytesIn = body instanceof Error ? 0 : body.bytes.length;
        answers.refuse({ req, res, call: unsentRequest(admitted, undefined, bytesIn) }, thrown);
      }
    });
  }

  function read(admitted: AdmittedRequest, body: ReadBody): void {
    const { req, res } = admitted;
    const posted = readMessage(body.bytes, req.headers);
    if ('error' in posted) {
      const call = unsentRequest(admitted, undefined, body.bytes.length);
      answers.refuse({ req, res, id: posted.id, call }, posted.error);
    } else intake.judge(admitted, posted, body);
  }

  const handle: Handler = (req, res) => {
    noteRoute(res, req.url?.[4] === '/' ? '/mcp/{server}' : '/mcp');
    gate.admit(req, res, receive);
  };
  const handleLines: Handler = (req, res) => {
    noteRoute(res, LINES_PATH);
    gateOfLines.admit(req, res, lines.open);
  };

  function allowedOrigin(req: IncomingMessage): string | undefined {
    const { origin } = req.headers;
    return origin !== undefined && hostPolicy.allowsOrigin(origin) ? origin : undefined;
  }

  return {
    handlerOf(target) {
      if (isMcp(target)) return handle;
      return target === LINES_PATH || target.startsWith(`${LINES_PATH}?`) ? handleLines : undefined;
    },
    [Symbol.dispose]() {
      for (const stop of stopListening) stop();
      aggregates[Symbol.dispose]();
      views[Symbol.dispose]();
    },
  };
}

function isMcp(target: string): boolean {
  return target.startsWith('/mcp') && (target.length === 4 || target[4] === '/' || target[4] === '?');
}
