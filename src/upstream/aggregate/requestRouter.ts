import { NOT_GRANTED } from '../../calls/answeredHere.ts';
import { INVALID_PARAMS, METHOD_NOT_FOUND, RESOURCE_NOT_FOUND } from '../../mcp/errorCodes.ts';
import { excerpt } from '../../mcp/excerpt.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import type { Era } from '../../mcp/eras.ts';
import { isLogLevel } from '../../mcp/logLevels.ts';
import type { AskOptions, ServerFacts, SideMessage, UpstreamMessage, UpstreamRequest } from '../upstream.ts';
import { request } from '../request.ts';
import { WATCH_BOUNDS } from '../uriRoom.ts';
import { errorAnswer, resultAnswer, bytesAnswer } from '../answers.ts';
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
]);

/** Brings each request of a client to the member that it is for, and answers what is for none (docs/proxy.md, The aggregate). */
export class RequestRouter {
  readonly #options: RouterOptions;
  readonly #era: Era;
  readonly #connections: MemberConnections;
  readonly #offering: Offering;
  readonly #state: ClientState;

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#era = options.era;
    this.#connections = options.connections;
    this.#offering = options.offering;
    this.#state = options.state;
  }

  async *ask(request: UpstreamRequest, options: AskOptions): AsyncGenerator<UpstreamMessage, void, void> {
    const { method, params = {} } = request;
    const list = LISTS.get(method);
    const { sole } = this.#connections;
    if (sole !== undefined && !method.startsWith('tasks/')) yield* this.#askMember(sole, request, options);
    else if (list !== undefined) yield await this.#list(list, params['cursor']);
    else if (method === 'ping' && this.#era === 'legacy') yield resultAnswer({});
    else if (method === 'server/discover' && this.#era === 'modern') yield await this.#discover();
    else if (method === 'tools/call') yield* this.#byName('tools', 'tool', request, options);
    else if (method === 'prompts/get') yield* this.#byName('prompts', 'prompt', request, options);
    else if (method === 'resources/read') yield* this.#byUri(request, options);
    else if (method === 'completion/complete') yield* this.#complete(request, options);
    else if (method.startsWith('tasks/')) yield* this.#byTask(request, options);
    else if (this.#era === 'legacy' && method === 'resources/subscribe') yield* this.#subscribe(request, options);
    else if (this.#era === 'legacy' && method === 'resources/unsubscribe') yield* this.#unsubscribe(request, options);
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

  async *#byUri(request: UpstreamRequest, options: AskOptions): AsyncGenerator<UpstreamMessage, void, void> {
    const connection = await this.#offering.findResource(request.params?.['uri']);
    if (connection === undefined) yield this.#noResource(request);
    else yield* this.#askMember(connection, request, options);
  }

  async *#complete(
    { method, params = {} }: UpstreamRequest,
    options: AskOptions,
  ): AsyncGenerator<UpstreamMessage, void, void> {
    const ref = isJsonObject(params['ref']) ? params['ref'] : {};
    if (ref['type'] === 'ref/resource') {
      const connection = await this.#offering.findResource(ref['uri']);
      if (connection !== undefined) yield* this.#askMember(connection, { method, params }, options);
      else yield errorAnswer(INVALID_PARAMS, `Unknown resource: ${quoted(ref['uri'])}`);
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

  async *#subscribe(request: UpstreamRequest, options: AskOptions): AsyncGenerator<UpstreamMessage, void, void> {
    const uri = request.params?.['uri'];
    const connection = await this.#offering.findResource(uri);
    if (connection === undefined) {
      yield this.#noResource(request);
      return;
    }
    if (!this.#state.hasRoomFor(String(uri))) {
      yield errorAnswer(INVALID_PARAMS, `A session watches at most ${WATCH_BOUNDS}: unsubscribe from some first.`);
      return;
    }
    for await (const message of this.#askMember(connection, request, options)) {
      if (message.kind === 'response' && 'result' in message.response) {
        this.#state.watch(String(uri), connection.member.place);
        connection.isWatched = this.#state.isWatchedAt(connection.member.place);
      }
      yield message;
    }
  }

  async *#unsubscribe(request: UpstreamRequest, options: AskOptions): AsyncGenerator<UpstreamMessage, void, void> {
    const place = this.#state.unwatch(String(request.params?.['uri']));
    const connection = place === undefined ? undefined : this.#connections.at(place);
    if (connection === undefined) {
      yield resultAnswer({});
      return;
    }
    yield* this.#askMember(connection, request, options);
    connection.isWatched = this.#state.isWatchedAt(connection.member.place);
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
  ): AsyncGenerator<UpstreamMessage, void, void> {
    const { place } = connection.member;
    if (namesOtherTask(place, params)) {
      yield taskNotFound();
      return;
    }
    const isSole = this.#connections.sole === connection;
    const tool = method === 'tools/call' && !isSole ? this.#toolOf(connection, params?.['name']) : undefined;
    const request = { method, params: withOwnTaskIds(place, params) };
    for await (const message of askMember(connection, request, tool === undefined ? options : { ...options, tool })) {
      if (message.kind === 'response') yield await answerWithTaskPlaces(place, method, message);
      else if (isSole) yield withTaskPlaces(place, message);
      else if (this.#options.passes(connection, message)) yield withMemberIds(place, message);
    }
  }

  /** The definition of a tool, where it is known: a modern server over HTTP is not asked for it then. */
  #toolOf(connection: MemberConnection, name: unknown): AskOptions['tool'] {
    const known = this.#options.lists.peek(connection.member.listsKey, 'tools');
    return known?.value?.items.find((tool) => tool.name === name);
  }

  #noResource({ params }: UpstreamRequest): UpstreamMessage {
    const code = this.#era === 'modern' ? INVALID_PARAMS : RESOURCE_NOT_FOUND;
    return errorAnswer(code, 'Resource not found', { uri: quoted(params?.['uri']) });
  }
}

function taskNotFound(): UpstreamMessage {
  return errorAnswer(INVALID_PARAMS, 'Failed to retrieve task: Task not found');
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? excerpt(value, []) : '';
}
