import type { Era } from '../../mcp/eras.ts';
import { upstreamClosed } from '../../mcp/failures.ts';
import type { JsonObject, JsonRpcId, ServerRequestId } from '../../mcp/jsonRpc.ts';
import type {
  AskOptions,
  JoinedSession,
  ListenOptions,
  ReplyOutcome,
  ServerFacts,
  SideMessage,
  TellOptions,
  Upstream,
  UpstreamMessage,
  UpstreamRequest,
} from '../upstream.ts';
import { messageWithUris } from './answerUris.ts';
import { listenToMembers } from './aggregateListening.ts';
import { ClientState } from './clientState.ts';
import type { PageOptions } from './listPage.ts';
import type { JoinedServer } from './joinedServer.ts';
import type { Members } from './member.ts';
import type { MemberConnection, MemberConnectionOptions } from './memberConnection.ts';
import { MemberConnections } from './memberConnections.ts';
import { ownOutcome, ownRequestId, readMemberId, withMemberIds } from './memberIds.ts';
import { withOwnTaskIds } from './memberTaskIds.ts';
import type { MemberLists } from './memberLists.ts';
import type { ListName } from './memberParts.ts';
import type { ListMerger } from './mergedList.ts';
import { Offering } from './offering.ts';
import { ParkedAggregate } from './parkedAggregate.ts';
import { RequestRouter } from './requestRouter.ts';
import { listenToSole } from './soleListening.ts';
import { unitedFacts } from './unitedFacts.ts';

export interface AggregateOptions extends MemberConnectionOptions, Omit<PageOptions, 'era'> {
  readonly members: Members;
  readonly lists: MemberLists;
  /** Shared by all aggregates, so that no item is written twice. */
  readonly merger: ListMerger;
  /** The revision that is spoken with the client. */
  readonly protocolVersion: string;
  /** Its client has got lists of another process, and who listens first hears that they may be others now. (Default: false) */
  readonly isLate?: boolean | undefined;
  /** What one before it has left for it to go on with. (Default: nothing) */
  readonly parked?: ParkedAggregate | undefined;
}

const CHANGED = new Map<string, readonly ListName[]>([
  ['notifications/tools/list_changed', ['tools']],
  ['notifications/prompts/list_changed', ['prompts']],
  ['notifications/resources/list_changed', ['resources', 'resourceTemplates', 'skills']],
]);

const UPDATED = 'notifications/resources/updated';

/**
 * Many servers as one Upstream (docs/proxy.md, The aggregate). It holds no conversation with a server before it needs one. Where
 * there is one member only, whose names pass as they are, everything passes as it is.
 */
export class AggregateUpstream implements Upstream {
  readonly server = 'mcp';
  readonly secrets: readonly string[] = [];
  readonly #options: AggregateOptions;
  readonly #era: Era;
  readonly #connections: MemberConnections;
  readonly #offering: Offering;
  readonly #state: ClientState;
  readonly #router: RequestRouter;
  /** Where calls of the client's are under way that others have sent, by the client's ids. */
  readonly #joined = new Map<unknown, MemberConnection>();
  readonly #closed = new AbortController();
  #isLate: boolean;
  #facts: ServerFacts;

  constructor(options: AggregateOptions) {
    const { members, lists, merger, parked, ...rest } = options;
    this.#options = { members, lists, merger, ...rest };
    this.#era = members.era;
    this.#isLate = options.isLate === true;
    this.#state = parked?.state ?? new ClientState();
    this.#connections = new MemberConnections(
      members,
      { ...rest, onOpen: (place, upstream) => this.#state.restore(place, upstream) },
      parked?.connections,
    );
    this.#offering = new Offering(this.#connections, lists, merger);
    this.#router = new RequestRouter({
      ...options,
      era: this.#era,
      connections: this.#connections,
      offering: this.#offering,
      state: this.#state,
      introduce: () => this.introduce(),
      passes: (connection, message) => this.#passes(connection, message),
    });
    this.#facts = unitedFacts([], this.#own());
  }

  /** As `introduce` has found them last. */
  get facts(): ServerFacts {
    return this.#facts;
  }

  /** It holds something for the client that nobody could make anew. */
  get hasState(): boolean {
    return !this.#state.isEmpty;
  }

  /** Something is asked of a server, or is listened to. */
  get isInUse(): boolean {
    return this.#connections.open.some(({ isInUse }) => isInUse);
  }

  /** Conversations that are open, or parked. */
  get openConversations(): number {
    return this.#connections.open.length;
  }

  /**
   * Lets go of all but what it takes to go on: the sessions at servers, and what the client has set. It takes no more requests then.
   * Undefined where it is in use, or holds what can't be left like that.
   */
  parkAll(): ParkedAggregate | undefined {
    const connections = this.#joined.size > 0 ? undefined : this.#connections.park();
    if (connections === undefined) return undefined;
    this.#closed.abort(upstreamClosed(this));
    return new ParkedAggregate(this.#state.isEmpty ? undefined : this.#state, connections);
  }

  /** Finds out what the members say of themselves. */
  async introduce(): Promise<ServerFacts> {
    const read = await this.#offering.read('facts');
    const { sole } = this.#connections;
    const only = read[0]?.known.value;
    this.#facts =
      sole !== undefined && only !== undefined
        ? { ...only, protocolVersion: this.#options.protocolVersion }
        : unitedFacts(
            read.map(({ connection: { member }, known }) => ({ member, facts: known.value })),
            this.#own(),
          );
    return this.#facts;
  }

  async *ask(request: UpstreamRequest, options: AskOptions = {}): AsyncGenerator<UpstreamMessage, void, void> {
    options.signal?.throwIfAborted();
    yield* this.#router.ask(request, options);
  }

  /** Whether the client is known to be given a tool of this name. */
  lists(exposed: string): boolean {
    const merged = this.#offering.peek('tools');
    return !(merged instanceof Promise) && merged?.byKey.has(exposed) === true;
  }

  /**
   * Joins the conversation with the server that has a tool, for a call that is sent to it by other means. Undefined: there is none
   * now, or it can't be joined.
   * @param id of the client's request
   */
  joinServer(exposed: string, id: JsonRpcId): JoinedServer | undefined {
    const found = this.#offering.findOpen(exposed);
    if (found === undefined) return undefined;
    const { connection, own, upstream } = found;
    if (this.#connections.sole === undefined && this.#offering.namesUris(found)) return undefined;
    const { protocolVersion } = this.#options;
    if (upstream.join === undefined || upstream.facts.protocolVersion !== protocolVersion) return undefined;
    const session = this.#era === 'legacy' ? upstream.join() : undefined;
    if (session !== undefined) this.#joined.set(id, connection);
    connection.noteCall();
    const leave = this.#hold(connection, session, () => {
      if (this.#joined.get(id) === connection) this.#joined.delete(id);
    });
    const { server, place } = connection.member;
    return { server, place, own, session, isSole: this.#connections.sole !== undefined, leave };
  }

  /** Joins the conversation with the server at a place, to take up an answer again that it began. Undefined: it is over, or can't be joined. */
  rejoinServer(place: string): JoinedServer | undefined {
    const connection = this.#connections.at(place);
    const session = connection?.current?.join?.();
    if (connection === undefined || session === undefined) return undefined;
    const leave = this.#hold(connection, session);
    const { server } = connection.member;
    return { server, place, own: undefined, session, isSole: this.#connections.sole !== undefined, leave };
  }

  /** Keeps a conversation open; returns what ends that. */
  #hold(connection: MemberConnection, session: JoinedSession | undefined, onLeave?: () => void): () => void {
    connection.hold();
    return () => {
      onLeave?.();
      session?.[Symbol.dispose]();
      connection.release();
    };
  }

  async *listen(options: ListenOptions): AsyncGenerator<SideMessage, void, void> {
    const { sole } = this.#connections;
    if (sole !== undefined) return yield* listenToSole(this.#connections, sole, options);
    const context = {
      connections: this.#connections,
      lists: this.#options.lists,
      offering: this.#offering,
      pass: (connection: MemberConnection, message: SideMessage) => this.#heard(connection, message),
      isLate: this.#isLate,
      closed: this.#closed.signal,
    };
    this.#isLate = false;
    yield* listenToMembers(context, this.#era, options);
  }

  async tell(notification: UpstreamRequest, options: TellOptions = {}): Promise<void> {
    const { method, params } = notification;
    if (method === 'notifications/progress') await this.#tellProgress(params, options);
    else if (this.#connections.sole !== undefined) await tellMember(this.#connections.sole, notification, options);
    else if (method === 'notifications/roots/list_changed') {
      const { open } = this.#connections;
      await Promise.allSettled(open.map((one) => tellMember(one, notification, options)));
    } else if (method === 'notifications/cancelled') {
      const connection = this.#joined.get(params?.['requestId']);
      if (connection !== undefined) await tellMember(connection, notification, options);
    }
  }

  async #tellProgress(params: JsonObject | undefined, options: TellOptions): Promise<void> {
    const { connection, own } = this.#memberOf(readMemberId(params?.['progressToken']), params?.['progressToken']);
    const progress = { method: 'notifications/progress', params: { ...params, progressToken: own } };
    if (connection?.isOpen === true) await tellMember(connection, progress, options);
  }

  async reply(id: ServerRequestId, outcome: ReplyOutcome): Promise<void> {
    const { connection, own } = this.#memberOf(ownRequestId(id), id);
    // One that is not open has asked nothing.
    if (connection?.isOpen !== true) return;
    await connection.use((upstream) => upstream.reply(own, ownOutcome(connection.member.place, outcome)));
  }

  /** Finds the member that an id is of, which is as it was where it names no place. */
  #memberOf<Own>(
    read: { readonly place: string; readonly own: Own } | undefined,
    plain: Own,
  ): { readonly connection: MemberConnection | undefined; readonly own: Own } {
    const connection = read && this.#connections.at(read.place);
    if (read !== undefined && connection !== undefined) return { connection, own: read.own };
    return { connection: this.#connections.ofPlainIds, own: plain };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(upstreamClosed(this));
    await this.#connections[Symbol.asyncDispose]();
  }

  #own(): { era: Era; protocolVersion: string; serverInfo: JsonObject } {
    const { protocolVersion, serverInfo } = this.#options;
    return { era: this.#era, protocolVersion, serverInfo };
  }

  /** What a member sends outside of requests; that a list has changed is sent when it has been read. */
  #heard(connection: MemberConnection, message: SideMessage): SideMessage | undefined {
    if (message.kind === 'notification') {
      const { method } = message.notification;
      if (method === 'notifications/subscriptions/acknowledged') return undefined;
      if (!this.#passes(connection, message) || CHANGED.has(method)) return undefined;
    }
    const { member } = connection;
    return messageWithUris(member, withMemberIds(member.place, message));
  }

  /** Notes what a member sends, and tells whether the client may see it. */
  #passes(connection: MemberConnection, message: SideMessage): boolean {
    if (message.kind === 'request') return true;
    const { method, params } = message.notification;
    // Two servers may have the same URI.
    if (method === UPDATED && this.#state.isWatchedElsewhere(params?.['uri'], connection.member.place)) return false;
    for (const list of CHANGED.get(method) ?? []) this.#options.lists.changed(connection, list);
    const isAboutOthers = method.startsWith('notifications/prompts/') || method.startsWith('notifications/resources/');
    return connection.member.grant === 'all' || !isAboutOthers;
  }
}

async function tellMember(
  connection: MemberConnection,
  { method, params }: UpstreamRequest,
  options: TellOptions,
): Promise<void> {
  const own = { method, params: withOwnTaskIds(connection.member.place, params) };
  await connection.use((upstream) => upstream.tell(own, options));
}
