import { randomInt } from 'node:crypto';
import type { Dispatcher } from 'undici';
import type { LiveServer } from '../live/liveServer.ts';
import { EMPTY, listAll, orEmpty, type Listing } from './lists.ts';
import { clientClosed, notMcp } from '../mcp/failures.ts';
import { DecodedAnswer } from './http/decodedAnswer.ts';
import { isRepeatableTool } from '../mcp/resending.ts';
import { isOfUnknownFate } from './http/connectionFailure.ts';
import { Invalid } from '../errors/appError.ts';
import { openSession } from './eras.ts';
import {
  PROMPT,
  RESOURCE,
  RESOURCE_TEMPLATE,
  TOOL,
  type ItemKind,
  type Prompt,
  type Resource,
  type ResourceTemplate,
  type Tool,
} from './catalogueItems.ts';
import type { Rejected } from './rejections.ts';
import { readToolResult, type ToolResult } from './toolResult.ts';
import { secretsOf } from '../mcp/excerpt.ts';
import type { ClientInfo, RequestOptions, ServerFacts } from './session.ts';
import type { Endpoint, Room } from './http/endpoint.ts';
import type { Era } from '../mcp/eras.ts';
import type { JsonObject } from '../mcp/jsonRpc.ts';

type ListOptions = Pick<RequestOptions, 'signal'>;

/**
 * A connection of the gateway's own to a server. It declares no capabilities: nobody is behind it to be asked.
 * Every method throws UpstreamError (the server's JSON-RPC error), Refused (`input-required`), Unavailable, or the reason
 * of the signal. Disposing of it ends the calls under way and a legacy session.
 */
export interface UpstreamClient extends ServerFacts, AsyncDisposable {
  listTools(options?: ListOptions): Promise<Listing<Tool>>;
  listResources(options?: ListOptions): Promise<Listing<Resource>>;
  listResourceTemplates(options?: ListOptions): Promise<Listing<ResourceTemplate>>;
  listPrompts(options?: ListOptions): Promise<Listing<Prompt>>;
  callTool(name: string, args: JsonObject, options?: Omit<RequestOptions, 'budget'>): Promise<ToolResult>;
  request(method: string, params?: JsonObject, options?: RequestOptions): Promise<JsonObject>;
  /** Asks for a sign of life, in the era's way. */
  ping(options?: ListOptions): Promise<void>;
}

interface List<T> {
  readonly list: string;
  readonly method: string;
  readonly kind: ItemKind<T>;
  readonly refuse?: (item: T) => string | undefined;
}

/**
 * Connects to a configured HTTP server, in whichever era it speaks.
 * @throws UpstreamError, Unavailable, Invalid for a server without a URL, or the reason of the signal
 */
export async function connectUpstream(options: {
  server: Pick<LiveServer, 'name' | 'url' | 'headers' | 'timeouts'>;
  /** The server's connection pool; its connect time-out is the server's `connectMs`. */
  dispatcher: Dispatcher;
  clientInfo: ClientInfo;
  /** The path of the request for which it connects (RFC 9110, 7.6.3). */
  via?: string | undefined;
  /** Makes room for each answer that is read. */
  leaseRoom?: (() => Room) | undefined;
  /** What an earlier connection found out; tried first, and corrected when it is no longer so. */
  era?: Era | undefined;
  /** Aborting it ends the connection attempt, and later every call of the client. */
  signal?: AbortSignal | undefined;
  /** Gets what is left out of lists, the first ones of each, to be logged. */
  onRejected?: ((rejected: Rejected) => void) | undefined;
}): Promise<UpstreamClient> {
  const { server, dispatcher, clientInfo, via, leaseRoom, era, signal, onRejected } = options;
  const { name, url, headers, timeouts } = server;
  if (url === undefined) throw new Invalid('not-an-http-server', `The server "${name}" has no URL.`);
  const closing = new AbortController();
  // A server that is out of step answers one client's request on another's turn: their ids differ. Some read ids as 32 bits.
  let lastId = randomInt(2 ** 30);
  const endpoint: Endpoint = {
    server: name,
    url,
    headers,
    via,
    secrets: secretsOf(url, headers),
    timeouts,
    dispatcher: dispatcher.compose((dispatch) => (asked, handler) => dispatch(asked, new DecodedAnswer(handler))),
    leaseRoom,
    closed: signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]),
    pending: new Set(),
    nextId: () => ++lastId,
  };
  const session = await openSession(endpoint, clientInfo, era);

  async function list<T>(
    group: string,
    { list, method, kind, refuse }: List<T>,
    { signal }: ListOptions = {},
  ): Promise<Listing<T>> {
    const offered = session.facts.capabilities[group];
    if (offered === undefined || offered === null) return EMPTY;
    const fetchPage = (params: JsonObject, budget: RequestOptions['budget']) =>
      session.request(method, params, { signal, budget });
    return await orEmpty(listAll({ endpoint, list, kind, fetchPage, refuse, onRejected }));
  }

  const listTools = (o?: ListOptions): Promise<Listing<Tool>> =>
    list('tools', { list: 'tools', method: 'tools/list', kind: TOOL, refuse: session.learn }, o);

  /** Calls a tool once more when the call was lost, and the tool says that it may be called twice: the server is asked only then. */
  async function callTool(
    params: { readonly name: string; readonly arguments: JsonObject },
    callOptions: Omit<RequestOptions, 'budget'> = {},
  ): Promise<JsonObject> {
    try {
      return await session.request('tools/call', params, callOptions);
    } catch (error) {
      if (callOptions.tool !== undefined || !isOfUnknownFate(error)) throw error;
      const listing = await listTools(callOptions).catch(() => EMPTY);
      const tool = listing.items.find(({ name }) => name === params.name);
      if (!isRepeatableTool(tool?.annotations)) throw error;
      return await session.request('tools/call', params, { ...callOptions, tool });
    }
  }

  return {
    get era() {
      return session.facts.era;
    },
    get protocolVersion() {
      return session.facts.protocolVersion;
    },
    get serverInfo() {
      return session.facts.serverInfo;
    },
    get capabilities() {
      return session.facts.capabilities;
    },
    get instructions() {
      return session.facts.instructions;
    },
    listTools,
    listResources: (o) => list('resources', { list: 'resources', method: 'resources/list', kind: RESOURCE }, o),
    listResourceTemplates: (o) =>
      list('resources', { list: 'resourceTemplates', method: 'resources/templates/list', kind: RESOURCE_TEMPLATE }, o),
    listPrompts: (o) => list('prompts', { list: 'prompts', method: 'prompts/list', kind: PROMPT }, o),
    async callTool(tool, args, callOptions) {
      const result = await callTool({ name: tool, arguments: args }, callOptions);
      const read = readToolResult(result);
      if ('fault' in read) {
        throw notMcp(endpoint, `answered a tool call with a malformed result: ${read.fault}`);
      }
      return read.result;
    },
    request: (method, params = {}, requestOptions) => session.request(method, params, requestOptions),
    async ping(o) {
      await session.request(session.facts.era === 'modern' ? 'server/discover' : 'ping', {}, o);
    },
    async [Symbol.asyncDispose]() {
      if (closing.signal.aborted) return;
      closing.abort(clientClosed(endpoint));
      // Calls that end now may still tell the server so.
      while (endpoint.pending.size > 0) await Promise.all(endpoint.pending);
      await session[Symbol.asyncDispose]();
    },
  };
}
