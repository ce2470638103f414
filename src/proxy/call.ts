import type { ToolGrant } from '../access/grants.ts';
import type { ToolHold } from '../catalogue/toolHolds.ts';
import type { LiveServer } from '../live/liveServer.ts';
import type { Principal } from '../auth/principal.ts';
import type { View } from './aggregate/view.ts';
import type { BoundTasks } from './tasks/boundTasks.ts';
import type { JoinedSession } from '../upstream/upstream.ts';
import type { Era } from '../mcp/eras.ts';
import type { JsonRpcId } from '../mcp/jsonRpc.ts';
import type { Message } from './message.ts';
import type { Session } from './sessionTokens.ts';

/** What becomes of a call that a server refuses, perhaps as one of an era that it does not speak. */
export interface EraDoubt {
  /** Finds out whether the server speaks the other era and not this one. Never rejects. */
  isOther(): Promise<boolean>;
  /** Carries the call on in an era that the server speaks, where the client has got nothing yet. */
  goOn(): void;
}

/** One authorised HTTP exchange, ready to be passed on: all that the parts after authorisation need to know. */
export interface Call {
  readonly principal: Principal;
  readonly server: LiveServer;
  /** The servers of a call to the aggregate; `server` stands for all of them then. */
  readonly view?: View | undefined;
  /** Where the server is (Lane.placeOf), or the view of the aggregate: sessions and tasks belong there. */
  readonly place: string;
  readonly grant: ToolGrant;
  /** What becomes of tools that nobody has approved; undefined: they are like any other. */
  readonly hold?: ToolHold | undefined;
  readonly httpMethod: 'POST' | 'GET' | 'DELETE';
  readonly era: Era;
  /** Undefined for GET and DELETE. */
  readonly kind: Message['kind'] | undefined;
  readonly id: JsonRpcId;
  /** See Message; empty for GET and DELETE. */
  readonly awaited: readonly JsonRpcId[];
  readonly method: string | undefined;
  /** See Message. */
  readonly tools: readonly string[];
  readonly onlyTools: boolean;
  /** What it has to do with tasks of the server; undefined: nothing, so its answer passes as bytes. */
  readonly tasks: BoundTasks | undefined;
  /** The session that the client continues, if it names one. */
  readonly session: Session | undefined;
  readonly inSession: boolean;
  /** Where the server may not speak its era. Undefined: the client gets every refusal. */
  readonly eraDoubt: EraDoubt | undefined;
  /** A server of the aggregate that gets the call as bytes. */
  readonly member?: MemberOfCall | undefined;
  /** The allowed origin of the page that asks, if one does. */
  readonly corsOrigin: string | undefined;
  /** Of the span of its client; undefined: the client traces nothing. */
  readonly traceparent: string | undefined;
  /** The path of the request to the server. */
  readonly via: string;
  readonly bytesIn: number;
  /** When its message was there, whole: OwnTime. */
  readonly since: number;
}

/** What a call to the aggregate needs that one server gets as bytes. */
export interface MemberOfCall {
  /** See Member; ids of the server's that clients hold begin with it. */
  readonly place: string;
  /** The server's own name of the tool; undefined where none is called. */
  readonly name: string | undefined;
  /** Undefined in the modern era. */
  readonly session: JoinedSession | undefined;
  /** Everything passes as it is, but for the ids of events. */
  readonly keepsIds: boolean;
  /** The server's own id of the event behind which an answer is taken up again. */
  readonly lastEventId?: string | undefined;
  /** Carries the call as messages, before the client has got anything: the server has lost the session. */
  readonly asMessages: () => void;
}

/** The tool that is called, for the call's event; what asks about a task of a tool is no call of the tool. */
export function toolOf({ tools, onlyTools, tasks }: Call): string | undefined {
  return tools.length === 1 && onlyTools && tasks?.subject === undefined ? tools[0] : undefined;
}

/** Tells whether the answer is a stream that stays open for events, and not the answer to a call. */
export function isStanding(call: Call): boolean {
  return call.httpMethod === 'GET' || (call.era === 'modern' && call.method === 'subscriptions/listen');
}

/** How many requests a call counts as where a limit counts them: each of a batch, and none that only passes an answer or a notification on. */
export function requestsIn({ kind, httpMethod, awaited }: Call): number {
  if (kind === 'batch') return awaited.length;
  return kind === 'request' || httpMethod !== 'POST' ? 1 : 0;
}
