import type { Principal } from '../auth/principal.ts';
import { NOT_GRANTED, noteAnsweredHere, SERVER_NOT_GRANTED } from '../calls/answeredHere.ts';
import type { CallObserver } from '../calls/callEvent.ts';
import type { CallRegister } from '../calls/callRegister.ts';
import type { Via } from '../calls/via.ts';
import type { Clock } from '../clock.ts';
import { AppError, NotFound, Unavailable } from '../errors/appError.ts';
import { serverNameSchema } from '../events/mcpServer.ts';
import { whenOver } from '../front/frontResponse.ts';
import { serverForKey } from '../live/keyServer.ts';
import type { LiveServer, LiveServers } from '../live/liveServer.ts';
import type { Queryable } from '../postgres/database.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { ApiRequest } from './route.ts';
import { find, serverNotFound } from './servers.ts';
import { allowsTool } from './shownTools.ts';
import { ToolExchange } from './toolExchange.ts';

export interface ToolCallsOptions {
  readonly db: Queryable;
  readonly liveServers: Pick<LiveServers, 'find'>;
  readonly register: CallRegister;
  /** Opens a conversation with a server. @throws Unavailable; Refused */
  readonly open: (
    server: LiveServer,
    request: {
      principal: Principal;
      signal: AbortSignal;
      via: string;
      leaseRoom: ApiRequest['leaseRoom'];
      traceparent?: string | undefined;
    },
  ) => Promise<Upstream>;
  readonly via: Via;
  /** Never goes back. */
  readonly clock: Clock;
  /** Told of every exchange with a server when it has ended. */
  readonly onCall: CallObserver;
}

/** A request for a server's tools, or for one of them. */
export interface ToolRequest {
  readonly server: string | undefined;
  /** Undefined: their list. */
  readonly tool: string | undefined;
  readonly request: ApiRequest;
  readonly principal: Principal;
}

/** What a request works with. */
export interface ServerAccess {
  readonly upstream: Upstream;
  readonly server: LiveServer;
  readonly signal: AbortSignal;
}

/** What the server answers, and whether the tool reports a failure. */
export interface ServerAnswer {
  readonly body: object;
  readonly isError: boolean;
}

/**
 * Runs a call at a server, and cuts it when the key, the server or the client goes away.
 * @param onTick called now and then while it runs
 */
export type RunCall = (
  toolRequest: ToolRequest,
  work: (access: ServerAccess) => Promise<ServerAnswer>,
  onTick?: (now: number) => void,
) => Promise<object>;

/** Makes what runs the calls of REST clients. */
export function createToolCalls({ db, liveServers, register, open, via, clock, onCall }: ToolCallsOptions): RunCall {
  const scope = { register, clock, onCall };

  /** Finds the server, if the key may use it so. @throws AppError, which is noted where there is such a server */
  async function admit(toolRequest: ToolRequest): Promise<LiveServer> {
    const { server: idOrName, tool, principal } = toolRequest;
    const { name } = await find(db, idOrName, principal).catch((error: unknown) => {
      noteNotGranted(toolRequest);
      throw error;
    });
    const server = await liveServers.find(name);
    if (server === undefined) throw serverNotFound();
    const refuse = (error: AppError, outcome = error.code): never => {
      noteRefused(toolRequest, server, outcome);
      throw error;
    };
    if (!server.enabled) refuse(new Unavailable('server-disabled', `The server ${name} is disabled.`));
    if (tool !== undefined && !allowsTool(principal, name, tool)) {
      refuse(new NotFound('tool-not-found', 'The server has no such tool.'), NOT_GRANTED);
    }
    try {
      return serverForKey(principal.key?.credentials, server);
    } catch (error) {
      if (error instanceof AppError) noteRefused(toolRequest, server, error.code);
      throw error;
    }
  }

  function noteRefused(
    { principal, tool, request }: ToolRequest,
    server: Pick<LiveServer, 'name'>,
    outcome: string,
  ): void {
    const method = tool === undefined ? 'tools/list' : 'tools/call';
    const call = { principal, server, method, tool, era: undefined, bytesIn: request.bodyBytes };
    whenOver(request.response, (end) => noteAnsweredHere(scope, call, { outcome, ...end }));
  }

  /** After the answer, which must not take longer for a server that exists. */
  function noteNotGranted(toolRequest: ToolRequest): void {
    const { server: name = '', principal, request } = toolRequest;
    if (!serverNameSchema.safeParse(name).success || principal.grants.forServer(name) !== undefined) return;
    whenOver(request.response, () => {
      Promise.resolve(liveServers.find(name))
        .then((server) => server && noteRefused(toolRequest, server, SERVER_NOT_GRANTED))
        // It can't be looked up now: nothing more is known of it.
        .catch(() => undefined);
    });
  }

  return async (toolRequest, work, onTick) => {
    const { principal, tool, request } = toolRequest;
    via.check(request.headers.via);
    const server = await admit(toolRequest);
    const exchange = new ToolExchange({ principal, server, tool, request, onTick });
    try {
      exchange.begin(scope);
    } catch (error) {
      if (error instanceof AppError) noteRefused(toolRequest, server, error.code);
      throw error;
    }
    const { signal } = exchange;
    const run = async (): Promise<ServerAnswer> => {
      const onward = via.onward(request.headers.via);
      const { leaseRoom, context } = request;
      const { traceparent } = context;
      await using upstream = await open(server, { principal, signal, via: onward, leaseRoom, traceparent });
      return await work({ upstream, server, signal });
    };
    try {
      const { body, isError } = await run();
      if (isError) exchange.outcome = 'tool-error';
      return body;
    } catch (error) {
      const reason: unknown = exchange.cutReason ?? error;
      exchange.outcome = reason instanceof AppError ? reason.code : 'internal-error';
      exchange.reason = reason instanceof AppError ? reason.message : undefined;
      throw error;
    }
  };
}
