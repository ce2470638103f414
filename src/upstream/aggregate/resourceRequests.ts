import { excerpt } from '../../mcp/excerpt.ts';
import { INVALID_PARAMS, RESOURCE_NOT_FOUND } from '../../mcp/errorCodes.ts';
import type { Era } from '../../mcp/eras.ts';
import { extensionOf, SKILLS_EXTENSION } from '../../mcp/extensions.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import type { AskOptions, UpstreamMessage, UpstreamRequest } from '../upstream.ts';
import { WATCH_BOUNDS } from '../uriRoom.ts';
import { errorAnswer, resultAnswer } from '../answers.ts';
import type { AskedUri } from './answerUris.ts';
import type { ClientState } from './clientState.ts';
import type { MemberConnections } from './memberConnections.ts';
import type { MemberLists } from './memberLists.ts';
import type { Found, Offering } from './offering.ts';
import { isOfServer } from './qualifiedUris.ts';

export interface ResourceRequestsContext {
  readonly era: Era;
  readonly connections: MemberConnections;
  readonly offering: Offering;
  readonly lists: MemberLists;
  readonly state: ClientState;
  /** Asks a member, about the resource that the client names. */
  readonly ask: (
    connection: Found['connection'],
    request: UpstreamRequest,
    options: AskOptions,
    asked?: AskedUri,
  ) => AsyncGenerator<UpstreamMessage, void, void>;
}

/** Brings what a client asks of one resource, or of one skill, to the member that has it, under the member's own URI. */
export class ResourceRequests {
  readonly #context: ResourceRequestsContext;

  constructor(context: ResourceRequestsContext) {
    this.#context = context;
  }

  async *read(request: UpstreamRequest, options: AskOptions): AsyncGenerator<UpstreamMessage, void, void> {
    const found = await this.#context.offering.findResource(request.params?.['uri']);
    if (found === undefined) yield this.#notFound(request);
    else yield* this.#ask(found, request, options);
  }

  /** SEP-2640, Getting a Skill. */
  async *getSkill(request: UpstreamRequest, options: AskOptions): AsyncGenerator<UpstreamMessage, void, void> {
    const uri = request.params?.['uri'];
    const found =
      typeof uri === 'string' && isOfServer(uri) ? await this.#context.offering.findResource(uri) : undefined;
    if (found !== undefined && (await this.#mayHave(found.connection))) yield* this.#ask(found, request, options);
    else yield errorAnswer(INVALID_PARAMS, 'Unknown skill', { uri: quoted(uri) });
  }

  /** SEP-2640, Reading Directories: of any resource, but only where the server declares it. */
  async *readDirectory(request: UpstreamRequest, options: AskOptions): AsyncGenerator<UpstreamMessage, void, void> {
    const uri = request.params?.['uri'];
    const found = await this.#context.offering.findResource(uri);
    const mayHave = found && (await this.#mayHave(found.connection, ({ directoryRead }) => directoryRead === true));
    if (found !== undefined && mayHave === true) yield* this.#ask(found, request, options);
    else yield errorAnswer(INVALID_PARAMS, 'Unknown directory', { uri: quoted(uri) });
  }

  async *subscribe(request: UpstreamRequest, options: AskOptions): AsyncGenerator<UpstreamMessage, void, void> {
    const { offering, state } = this.#context;
    const uri = request.params?.['uri'];
    const found = await offering.findResource(uri);
    if (found === undefined) {
      yield this.#notFound(request);
      return;
    }
    if (!state.hasRoomFor(String(uri))) {
      yield errorAnswer(INVALID_PARAMS, `A session watches at most ${WATCH_BOUNDS}: unsubscribe from some first.`);
      return;
    }
    const { connection, own } = found;
    const { place } = connection.member;
    for await (const message of this.#ask(found, request, options)) {
      if (message.kind === 'response' && 'result' in message.response) {
        state.watch(String(uri), { place, own });
        connection.isWatched = state.isWatchedAt(place);
      }
      yield message;
    }
  }

  async *unsubscribe(request: UpstreamRequest, options: AskOptions): AsyncGenerator<UpstreamMessage, void, void> {
    const { connections, state } = this.#context;
    const watched = state.unwatch(String(request.params?.['uri']));
    const connection = watched && connections.at(watched.place);
    if (watched === undefined || connection === undefined) {
      yield resultAnswer({});
      return;
    }
    yield* this.#ask({ connection, own: watched.own }, request, options);
    connection.isWatched = state.isWatchedAt(watched.place);
  }

  async *complete(
    { method, params = {} }: UpstreamRequest,
    ref: JsonObject,
    options: AskOptions,
  ): AsyncGenerator<UpstreamMessage, void, void> {
    const found = await this.#context.offering.findResource(ref['uri']);
    if (found === undefined) {
      yield errorAnswer(INVALID_PARAMS, `Unknown resource: ${quoted(ref['uri'])}`);
      return;
    }
    const own = { ...params, ref: { ...ref, uri: found.own } };
    yield* this.#context.ask(found.connection, { method, params: own }, options);
  }

  #ask({ connection, own }: Found, { method, params }: UpstreamRequest, options: AskOptions) {
    const asked = { own, exposed: String(params?.['uri']) };
    return this.#context.ask(connection, { method, params: { ...params, uri: own } }, options, asked);
  }

  /** Tells whether a member has skills; one of which nothing is known now may have them. */
  async #mayHave(
    connection: Found['connection'],
    isEnough: (settings: JsonObject) => boolean = () => true,
  ): Promise<boolean> {
    const { value: facts } = await this.#context.lists.read(connection, 'facts');
    const settings = facts && extensionOf(facts.capabilities, SKILLS_EXTENSION);
    return facts === undefined || (settings !== undefined && isEnough(settings));
  }

  #notFound({ params }: UpstreamRequest): UpstreamMessage {
    const code = this.#context.era === 'modern' ? INVALID_PARAMS : RESOURCE_NOT_FOUND;
    return errorAnswer(code, 'Resource not found', { uri: quoted(params?.['uri']) });
  }
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? excerpt(value, []) : '';
}
