import type { FindToolHold } from '../../catalogue/toolHolds.ts';
import { Invalid, NotFound } from '../../errors/appError.ts';
import type { EndedSessions } from '../../live/endedSessions.ts';
import { sessionNotFound } from '../../mcp/lostSession.ts';
import { MODERN_VERSIONS } from '../../mcp/eras.ts';
import { AggregateUpstream } from '../../upstream/aggregate/aggregateUpstream.ts';
import type { JoinedServer } from '../../upstream/aggregate/joinedServer.ts';
import { readExposedName } from '../../upstream/aggregate/exposedNames.ts';
import type { MemberLists } from '../../upstream/aggregate/memberLists.ts';
import type { ParkedAggregate } from '../../upstream/aggregate/parkedAggregate.ts';
import { ListMerger } from '../../upstream/aggregate/mergedList.ts';
import type { Call } from '../call.ts';
import type { CallContext } from '../callContext.ts';
import type { OpenUpstream } from '../openUpstream.ts';
import type { Peers } from '../peers.ts';
import type { Session } from '../sessionTokens.ts';
import type { TextSeal } from '../sealedText.ts';
import { beginSession, readSession, writeSession, type AggregateSession } from './aggregateSession.ts';
import { HeldAggregate, type AggregateClient, type HeldAggregateOptions } from './heldAggregate.ts';
import { HeldSet } from './heldSet.ts';
import type { Catalogues } from '../../catalogue/openCatalogues.ts';
import type { View } from './view.ts';
import { ViewMembers } from './viewMembers.ts';

export interface HeldAggregatesOptions {
  readonly context: CallContext;
  readonly openUpstream: OpenUpstream;
  readonly peers: Pick<Peers, 'here'>;
  readonly ended: EndedSessions;
  readonly lists: MemberLists;
  readonly cursors: TextSeal;
  /** How the gateway introduces itself to clients. */
  readonly serverInfo: { readonly name: string; readonly version: string };
  /** Finds what holds tools back that nobody has approved. */
  readonly findHold: FindToolHold | undefined;
  readonly catalogues: Pick<Catalogues, 'findLast' | 'observe'> | undefined;
  /** The server whose names have no prefix. */
  readonly unprefixed: string | undefined;
}

type ClientOfAggregate = Pick<Call, 'principal' | 'view' | 'session' | 'era'>;

/** The aggregates that hold something: one for each legacy session, and in the modern era one for each key and view. */
export interface HeldAggregates extends Disposable {
  /** Begins a session. @returns what its token is to say of it, besides the key and the place @throws Invalid */
  begin(call: Call, initializeParams: unknown): { readonly held: HeldAggregate; readonly token: string };
  /** Finds the aggregate of a call, or makes it anew of what its session says. @throws NotFound when the session is gone; Invalid when there is none */
  forCall(call: Call): HeldAggregate;
  /** Synchronously when memory knows it. @throws NotFound when the client has ended the session; Unavailable */
  checkNotEnded(session: Session): Promise<void> | undefined;
  /** Where a session began, as `Peers.find` reads it. */
  homeOf(session: Session): string;
  /** The tools that a call may use, by the names that its client knows. */
  grantOf(call: ClientOfAggregate): (exposed: string) => boolean;
  /** Joins the conversation with the server that has the tool of a call; undefined: the call is to be carried as messages. */
  join(call: Call): JoinedServer | undefined;
  /** Joins the conversation with the server at a place, to take up an answer of it again; undefined: that is over. */
  rejoin(call: Call, place: string): JoinedServer | undefined;
  /** Ends a session for good, on all replicas. @throws Unavailable */
  endSession(call: Call): Promise<void>;
}

/** Nothing is lost with what only holds memory: it is made anew of its token, or of what is parked. */
const IDLE_MS = 10_000;
/** A conversation with a server that was opened for its lists only, in milliseconds. */
const CONVERSATION_IDLE_MS = 30_000;

/** Makes the holder of aggregates, with none in it. */
export function createHeldAggregates(options: HeldAggregatesOptions): HeldAggregates {
  const { context, openUpstream, peers, ended, lists, cursors, serverInfo, findHold, catalogues, unprefixed } = options;
  const { register, clock, limits } = context;
  const held = new HeldSet(limits);
  const merger = new ListMerger();
  const read = new WeakMap<Session, AggregateSession>();
  const holding: HeldAggregateOptions = {
    register,
    clock,
    open: openAggregate,
    idleMs: Math.min(IDLE_MS, limits.sessionIdleMs),
    idleWithStateMs: limits.sessionIdleMs,
    onEnd: (over) => held.forget(over),
  };

  function openAggregate(
    { session, principal, view, era, via }: AggregateClient,
    parked: ParkedAggregate | undefined,
  ): AggregateUpstream {
    const { client, protocolVersion } = session;
    if (parked !== undefined) held.opened(session.id, principal.keyId);
    return new AggregateUpstream({
      members: new ViewMembers({
        view,
        era,
        client,
        via,
        scope: context,
        openUpstream,
        findHold,
        catalogues,
        unprefixed,
      }),
      lists,
      merger,
      protocolVersion,
      serverInfo,
      idleMs: CONVERSATION_IDLE_MS,
      idleAfterCallMs: limits.sessionIdleMs,
      parkMs: IDLE_MS,
      cursors: cursorsOf(`${principal.keyId} ${view.place} `),
      isLate: session.home !== peers.here && parked === undefined,
      parked,
    });
  }

  function open(call: Call, view: View, session: AggregateSession, isNew: boolean): HeldAggregate {
    const { principal, era, via } = call;
    const one = new HeldAggregate({ session, principal, view, era, via }, holding, isNew);
    held.add(one);
    return one;
  }

  function cursorsOf(owner: string): TextSeal {
    return {
      seal: (text) => cursors.seal(owner + text),
      open(cursor) {
        const text = cursors.open(cursor);
        return text?.startsWith(owner) === true ? text.slice(owner.length) : undefined;
      },
    };
  }

  /** What a token says is not read for every call. */
  function sessionIn(token: Session): AggregateSession {
    let session = read.get(token);
    if (session === undefined) {
      const written = readSession(token.upstreamId);
      // One of them is enough.
      session = held.get(written.id)?.session ?? written;
      read.set(token, session);
    }
    return session;
  }

  function heldBy(call: ClientOfAggregate): HeldAggregate | undefined {
    const { session, principal, era } = call;
    const id = era === 'modern' ? `${principal.keyId} ${viewOf(call).place}` : session && sessionIn(session).id;
    return id === undefined ? undefined : held.get(id);
  }

  const stopListening = ended.onEnd((id) => void held.get(id)?.end());

  return {
    begin(call, params) {
      checkNamed(viewOf(call));
      const session = beginSession(params, peers.here);
      return { held: open(call, viewOf(call), session, true), token: writeSession(session) };
    },
    forCall(call) {
      const view = viewOf(call);
      if (call.era === 'modern') {
        if (call.method === 'server/discover') checkNamed(view);
        const id = `${call.principal.keyId} ${view.place}`;
        const session = { id, home: peers.here, protocolVersion: MODERN_VERSIONS[0], client: { capabilities: {} } };
        return held.get(id) ?? open(call, view, session, false);
      }
      if (call.session === undefined) {
        throw new Invalid(
          'session-required',
          'The request names no session: begin with "initialize", and send the Mcp-Session-Id of its answer with every request.',
        );
      }
      const session = sessionIn(call.session);
      const known = held.get(session.id);
      if (known !== undefined) return known;
      if (session.home !== peers.here && view.hasProgramsOfSessions) throw sessionNotFound();
      return open(call, view, session, false);
    },
    homeOf: (session) => sessionIn(session).home,
    grantOf(call) {
      const { entries } = viewOf(call);
      return (exposed) => {
        const { server = unprefixed, name } = readExposedName(exposed);
        const entry = entries.find((one) => one.server.name === server);
        if (entry === undefined || entry.grant === 'all') return entry !== undefined;
        // What a shortened name stands for, only the lists tell.
        return name === undefined ? heldBy(call)?.upstream.lists(exposed) === true : entry.grant(name);
      };
    },
    join(call) {
      const { tools, id } = call;
      const [exposed] = tools;
      const one = heldBy(call);
      one?.touch();
      return exposed === undefined ? undefined : one?.upstream.joinServer(exposed, id);
    },
    rejoin({ session }, place) {
      const one = session && held.get(sessionIn(session).id);
      one?.touch();
      return one?.upstream.rejoinServer(place);
    },
    checkNotEnded(token) {
      const isEnded = ended.has(sessionIn(token).id);
      if (isEnded instanceof Promise) return isEnded.then(refuseEnded);
      refuseEnded(isEnded);
      return undefined;
    },
    async endSession({ session, principal }) {
      if (session === undefined) throw new TypeError('a session is ended that is named');
      const { id } = sessionIn(session);
      const one = held.get(id);
      await ended.add(id, principal.keyId);
      await one?.end();
    },
    [Symbol.dispose]: stopListening,
  };
}

/** @throws NotFound */
function refuseEnded(isEnded: boolean): void {
  if (isEnded) throw sessionNotFound();
}

/** A name that is wrong is told who begins; a server that goes away later is left out. @throws NotFound */
function checkNamed({ only = new Set(), entries }: View): void {
  const missing = [...only].filter((name) => !entries.some(({ server }) => server.name === name));
  if (missing.length === 0) return;
  const message = `This key can use no server of the name ${missing.map((name) => `"${name}"`).join(', ')} now.`;
  throw new NotFound('server-not-found', message);
}

function viewOf({ view }: Pick<Call, 'view'>): View {
  if (view === undefined) throw new TypeError('the call is of the aggregate');
  return view;
}
