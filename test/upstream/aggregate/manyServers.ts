import type { ToolGrant } from '../../../src/access/grants.ts';
import type { Era } from '../../../src/mcp/eras.ts';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import type { AggregateOptions, AggregateUpstream } from '../../../src/upstream/aggregate/aggregateUpstream.ts';
import type { SideMessage, UpstreamMessage } from '../../../src/upstream/upstream.ts';
import { connect } from '../support/connect.ts';
import { result, startScriptedServer, type Script, type ScriptedServer } from '../support/scriptedServer.ts';
import { aggregateOf, TestMembers } from './aggregateOf.ts';

export type Methods = Readonly<Record<string, Script>>;

/** What a test server offers; `methods` adds or replaces what it answers. */
export interface Offer {
  readonly tools?: readonly JsonObject[];
  readonly prompts?: readonly JsonObject[];
  readonly resources?: readonly JsonObject[];
  readonly resourceTemplates?: readonly JsonObject[];
  readonly capabilities?: JsonObject;
  readonly instructions?: string;
  readonly methods?: Methods;
}

/** Servers on real sockets, and the aggregate of them. */
export interface ManyServers extends AsyncDisposable {
  readonly aggregate: AggregateUpstream;
  readonly members: TestMembers;
  /** Starts a server and makes it a member. */
  add(name: string, offer: Offer, options?: { prefix?: string; grant?: ToolGrant }): Promise<ScriptedServer>;
  /** Asks and gives the answer. */
  ask(method: string, params?: JsonObject): Promise<{ result?: JsonObject; error?: JsonObject & { code: number } }>;
}

/** Starts the aggregate of servers that a test adds. */
export function manyServers(era: Era, options: Partial<AggregateOptions> = {}, capabilities?: JsonObject): ManyServers {
  const members = new TestMembers(era);
  const aggregate = aggregateOf(members, options);
  const opened = new AsyncDisposableStack();
  return {
    aggregate,
    members,
    async add(name, offer, how) {
      const server = opened.use(await startScriptedServer(scriptOf(era, offer)));
      members.set(name, (signal) => connect(server.url, { era, signal, capabilities }), how);
      return server;
    },
    async ask(method, params) {
      const last = (await collect(aggregate.ask({ method, params }))).at(-1);
      if (last?.kind !== 'response') throw new Error('no answer');
      return last.response;
    },
    async [Symbol.asyncDispose]() {
      await aggregate[Symbol.asyncDispose]();
      await opened.disposeAsync();
    },
  };
}

export async function collect<Message extends UpstreamMessage | SideMessage>(
  messages: AsyncIterable<Message>,
): Promise<Message[]> {
  const all: Message[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

export const tool = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  inputSchema: { type: 'object' },
  ...more,
});

/** Answers with what it was called with. */
export const echoCall: Script = (seen, response) => {
  result(seen, response, {
    resultType: 'complete',
    content: [{ type: 'text', text: JSON.stringify(seen.message.params) }],
  });
};

function scriptOf(era: Era, offer: Offer): Script {
  const { capabilities, instructions, methods = {} } = offer;
  const list = (member: 'tools' | 'prompts' | 'resources' | 'resourceTemplates'): Script => {
    return (seen, response) =>
      result(seen, response, { resultType: 'complete', ttlMs: 0, cacheScope: 'public', [member]: offer[member] ?? [] });
  };
  const facts = {
    capabilities: capabilities ?? {
      ...(offer.tools && { tools: {} }),
      ...(offer.prompts && { prompts: {} }),
      ...((offer.resources ?? offer.resourceTemplates) && { resources: {} }),
    },
    ...(instructions !== undefined && { instructions }),
  };
  let sessions = 0;
  const known: Methods = {
    ...(era === 'modern'
      ? {
          'server/discover': (seen, response) =>
            result(seen, response, {
              ...facts,
              resultType: 'complete',
              supportedVersions: ['2026-07-28'],
              ttlMs: 0,
              cacheScope: 'public',
            }),
        }
      : {
          initialize: (seen, response) =>
            result(
              seen,
              response,
              { ...facts, protocolVersion: '2025-11-25', serverInfo: { name: 'many', version: '1' } },
              { 'mcp-session-id': `session-${String(++sessions)}` },
            ),
        }),
    'tools/list': list('tools'),
    'prompts/list': list('prompts'),
    'resources/list': list('resources'),
    'resources/templates/list': list('resourceTemplates'),
    'tools/call': echoCall,
    'prompts/get': echoCall,
    'resources/read': echoCall,
    'completion/complete': echoCall,
    'logging/setLevel': (seen, response) => result(seen, response, {}),
    'resources/subscribe': (seen, response) => result(seen, response, {}),
    'resources/unsubscribe': (seen, response) => result(seen, response, {}),
    DELETE: (_seen, response) => response.writeHead(200).end(),
    GET: (_seen, response) => response.writeHead(405).end(),
    ...methods,
  };
  return (seen, response) => {
    const { id, method } = seen.message;
    const script = known[seen.verb === 'POST' ? (method ?? 'response') : seen.verb];
    if (script !== undefined) script(seen, response);
    else if (seen.verb === 'POST' && id === undefined) response.writeHead(202).end();
    else {
      const status = era === 'modern' ? 404 : method === 'server/discover' ? 400 : 200;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } }));
    }
  };
}
