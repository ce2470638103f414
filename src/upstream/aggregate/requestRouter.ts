import { NOT_GRANTED } from '../../calls/answeredHere.ts';
import { INVALID_PARAMS, METHOD_NOT_FOUND } from '../../mcp/errorCodes.ts';
import { excerpt } from '../../mcp/excerpt.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import type { Era } from '../../mcp/eras.ts';
import { isLogLevel } from '../../mcp/logLevels.ts';
import type { AskOptions, ServerFacts, SideMessage, UpstreamMessage, UpstreamRequest } from '../upstream.ts';
import { request } from '../request.ts';
import { errorAnswer, resultAnswer, bytesAnswer } from '../answers.ts';
import { answerWithUris, messageWithUris, type AskedUri } from './answerUris.ts';
import { ArgumentHeaders } from './argumentHeaders.ts';
import { askMember } from './askMember.ts';
import type { ClientState } from './clientState.ts';
import { listPage, metaOf, type PageOptions } from './listPage.ts';
import type { MemberConnection } from './memberConnection.ts';
import type { MemberConnections } from './memberConnections.ts';
import { withMemberIds } from './memberIds.ts';
import { answerWithTaskPlaces, namesOtherTask, readTaskId, withOwnTaskIds, withTaskPlaces } from './memberTaskIds.ts';
import type { MemberLists } from './memberLists.ts';
import type { ListName } from './memberParts.ts';
import type { Offering } from './offering.ts';
import { ResourceRequests } from './resourceRequests.ts';

export interface RouterOptions extends PageOptions {
  readonly connections: MemberConnections;
  readonly offering: Offering;
  readonly lists: MemberLists;
  readonly state: ClientState;
  readonly introduce: () => Promise<ServerFacts>;
  /** Notes what a member sends beside answers, and tells whether the client may see it. */
  readonly passes: (connection: MemberConnection, message: SideMessage) => boolean;
}

const LISTS = new Map<string, ListName>([
  ['tools/list', 'tools'],
  ['prompts/list', 'prompts'],
  ['resources/list', 'resources'],
  ['resources/templates/list', 'resourceTemplates'],
  ['skills/list', 'skills'],
]);

/** Brings each request of a client to the member that it is for, and answers what is for none (docs/proxy.md, The aggregate). */
export class RequestRouter {
  readonly #options: RouterOptions;
  readonly #era: Era;
  readonly #connections: MemberConnections;
  readonly #offering: Offering;
  readonly #state: ClientState;
  readonly #resources: ResourceRequests;
  readonly #headers: ArgumentHeaders;

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#era = options.era;
    this.#connections = options.connections;
    this.#offering = options.offering;
    this.#state = options.state;
    this.#resources = new ResourceRequests({ ...options, ask: (...asked) => this.#askMember(...asked) });
    this.#headers = new ArgumentHeaders(options.lists);
  }

  async *ask(request: UpstreamRequest, options: AskOptions): AsyncGenerator<UpstreamMessage, void, void> {
    const { method, params = {} } = request;
    const list = LISTS.get(method);
    const { sole } = this.#connections;
    if (sole !== undefined && !method.startsWith('tasks/')) yield* this.#askSole(sole, request, options);
    else if (list !== undefined) yield await this.#list(list, params['cursor']);
    else if (method === 'ping' && this.#era === 'legacy') yield resultAnswer({});
    else if (method === 'server/discover' && this.#era === 'modern') yield await this.#discover();
    else if (method === 'tools/call') yield* this.#byName('tools', 'tool', request, options);
    else if (method === 'prompts/get') yield* this.#byName('prompts', 'prompt', request, options);
    else if (method === 'resources/read') yield* this.#resources.read(request, options);
    else if (method === 'skills/get') yield* this.#resources.getSkill(request, options);
    else if (method === 'resources/directory/read') yield* this.#resources.readDirectory(request, options);
    else if (method === 'completion/complete') yield* this.#complete(request, options);
    else if (method.startsWith('tasks/')) yield* this.#byTask(request, options);
    else if (this.#era === 'legacy' && method === 'resources/subscribe')
      yield* this.#resources.subscribe(request, options);
    else if (this.#era === 'legacy' && method === 'resources/unsubscribe')
      yield* this.#resources.unsubscribe(request, options);
    else if (this.#era === 'legacy' && method === 'logging/setLevel') yield* this.#setLevel(params, options);
    else yield errorAnswer(METHOD_NOT_FOUND, 'Method not found');
  }

  async #list(list: ListName, cursor: unknown): Promise<UpstreamMessage> {
    const merged = await this.#offering.merged(list);
    const first = cursor === undefined ? merged.firstPages.get(this.#era) : undefined;
    if (first !== undefined) return bytesAnswer(first);
    const page = listPage(list, merged, cursor, this.#options);
    if (page === undefined) return errorAnswer(INVALID_PARAMS, 'Invalid cursor');
    const bytes = Buffer.from(page.text);
    // A cursor is sealed for this client only.
    if (cursor === undefined && page.isLast) merged.firstPages.set(this.#era, bytes);
    return bytesAnswer(bytes);
  }

  async #discover(): Promise<UpstreamMessage> {
    const { capabilities, instructions, protocolVersion, serverInfo } = await this.#options.introduce();
    const read = await this.#offering.read('facts');
    const failures = Object.fromEntries(
      read.flatMap(({ connection, known }) =>
        known.failure === undefined ? [] : [[connection.member.server, known.failure]],
      ),
    );
    return resultAnswer({
      resultType: 'complete',
      supportedVersions: [protocolVersion],
      capabilities,
      ...(instructions !== undefined && { instructions }),
      ttlMs: 0,
      cacheScope: 'private',
      ...metaOf(failures, { era: this.#era, serverInfo: serverInfo ?? this.#options.serverInfo }),
    });
  }

  async *#byName(
    list: 'tools' | 'prompts',
    what: string,
    { method, params = {} }: UpstreamRequest,
    options: AskOptions,
  ): AsyncGenerator<UpstreamMessage, void, void> {
    const found = await this.#offering.find(list, params['name']);
    if (found === undefined) {
      const ungranted = this.#offering.findUngranted(list, params['name']);
      const tool = list === 'tools' ? ungranted?.own : undefined;
      ungranted?.connection.member.noteAnsweredHere({ method, tool, exchange: options.exchange }, NOT_GRANTED);
      yield errorAnswer(INVALID_PARAMS, `Unknown ${what}: ${quoted(params['name'])}`);
      return;
    }
    yield* this.#askMember(found.connection, { method, params: { ...params, name: found.own } }, options);
  }

  async *#complete(
    { method, params = {} }: UpstreamRequest,
    options: AskOptions,
  ): AsyncGenerator<UpstreamMessage, void, void> {
    const ref = isJsonObject(params['ref']) ? params['ref'] : {};
    if (ref['type'] === 'ref/resource') {
      yield* this.#resources.complete({ method, params }, ref, options);
      return;
    }
    const found = await this.#offering.find('prompts', ref['name']);
    if (found === undefined) yield errorAnswer(INVALID_PARAMS, `Unknown prompt: ${quoted(ref['name'])}`);
    else {
      const own = { ...params, ref: { ...ref, name: found.own } };
      yield* this.#askMember(found.connection, { method, params: own }, options);
    }
  }

  async *#byTask(
    { method, params = {} }: UpstreamRequest,
    options: AskOptions,
  ): AsyncGenerator<UpstreamMessage, void, void> {
    const task = readTaskId(params['taskId']);
    const connection = task && this.#connections.at(task.place);
    if (connection === undefined) yield taskNotFound();
    else yield* this.#askMember(connection, { method, params: { ...params, taskId: task?.own } }, options);
  }

  /** Passes a request on as it is. What the client sets by it is noted, so that it does not end with a conversation that is idle. */
  async *#askSole(
    sole: MemberConnection,
    request: UpstreamRequest,
    options: AskOptions,
  ): AsyncGenerator<UpstreamMessage, void, void> {
    for await (const message of this.#askMember(sole, request, options)) {
      const isDone = message.kind === 'response' && 'result' in message.response;
      if (isDone && this.#era === 'legacy') this.#noteSet(sole, request);
      yield message;
    }
  }

  #noteSet(sole: MemberConnection, { method, params = {} }: UpstreamRequest): void {
    const { place } = sole.member;
    const { uri, level } = params;
    if (method === 'logging/setLevel' && isLogLevel(level)) this.#state.setLevel(level);
    else if (method === 'resources/subscribe') this.#state.watchOnce(String(uri), place);
    else if (method === 'resources/unsubscribe') this.#state.unwatch(String(uri));
    else return;
    sole.isWatched = this.#state.isWatchedAt(place);
  }

  async *#setLevel(params: JsonObject, options: AskOptions): AsyncGenerator<UpstreamMessage, void, void> {
    const { level } = params;
    if (!isLogLevel(level)) {
      yield errorAnswer(INVALID_PARAMS, `Unknown level: ${quoted(level)}`);
      return;
    }
    this.#state.setLevel(level);
    const told = this.#connections.open.map((connection) =>
      connection.use(async (upstream) => {
        if (upstream.facts.capabilities['logging'] === undefined) return;
        await request(upstream, { method: 'logging/setLevel', params }, options);
      }),
    );
    await Promise.allSettled(told);
    yield resultAnswer({});
  }

  async *#askMember(
    connection: MemberConnection,
    { method, params }: UpstreamRequest,
    options: AskOptions,
    asked?: AskedUri,
  ): AsyncGenerator<UpstreamMessage, void, void> {
    const { member } = connection;
    const { place } = member;
    if (namesOtherTask(place, params)) {
      yield taskNotFound();
      return;
    }
    await this.#checkHeaders({ connection, method, params }, options);
    const isSole = this.#connections.sole === connection;
    const tool = method === 'tools/call' && !isSole ? this.#toolOf(connection, params?.['name']) : undefined;
    const request = { method, params: withOwnTaskIds(place, params) };
    for await (const message of askMember(connection, request, tool === undefined ? options : { ...options, tool })) {
      if (message.kind === 'response') {
        const answer = await answerWithTaskPlaces(place, method, message);
        yield isSole ? answer : await answerWithUris(member, method, answer, asked);
      } else if (isSole) yield withTaskPlaces(place, message);
      else if (this.#options.passes(connection, message)) yield messageWithUris(member, withMemberIds(place, message));
    }
  }

  /** @throws Invalid `header-mismatch` */
  async #checkHeaders(
    { connection, params, method }: UpstreamRequest & { readonly connection: MemberConnection },
    { clientHeaders: headers, exchange }: AskOptions,
  ): Promise<void> {
    if (method !== 'tools/call' || headers === undefined || this.#era !== 'modern') return;
    const mismatch = await this.#headers.check(connection, params ?? {}, headers);
    if (mismatch === undefined) return;
    const tool = typeof params?.['name'] === 'string' ? params['name'] : undefined;
    connection.member.noteAnsweredHere({ method, tool, exchange }, mismatch.code);
    throw mismatch;
  }

  /** The definition of a tool, where it is known: a modern server over HTTP is not asked for it then. */
  #toolOf(connection: MemberConnection, name: unknown): AskOptions['tool'] {
    const known = this.#options.lists.peek(connection.member.listsKey, 'tools');
    return known?.value?.items.find((tool) => tool.name === name);
  }
}

function taskNotFound(): UpstreamMessage {
  return errorAnswer(INVALID_PARAMS, 'Failed to retrieve task: Task not found');
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? excerpt(value, []) : '';
}
