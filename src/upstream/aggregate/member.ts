import type { ToolGrant } from '../../access/grants.ts';
import type { ClientExchange } from '../../calls/clientExchange.ts';
import type { Era } from '../../mcp/eras.ts';
import type { ServerLabel } from '../../mcp/failures.ts';
import type { Tool } from '../../mcp/catalogueItems.ts';
import type { Listing } from '../lists.ts';
import type { RecordedList, RecordedParts } from './memberParts.ts';
import type { Upstream, UpstreamAnswer } from '../upstream.ts';

/** A server of an aggregate, as one client may use it. */
export interface Member extends ServerLabel {
  /** The server, and where it is: what clients hold of it belongs there. It has no `_` and no `/`. */
  readonly place: string;
  /** Of its names of tools and prompts. Empty for one server at most, whose names pass as they are. */
  readonly prefix: string;
  /** A key with tool grants finds nothing but these tools of it. */
  readonly grant: ToolGrant;
  /** What its lists depend on: members with the same key have the same lists. Another revision of a server has another key. */
  readonly listsKey: string;
  /** The API key of the client: its lists take no more room than those of the others. */
  readonly owner: string;
  /** What keeps tools from clients, or marks them. Undefined: nothing does. */
  readonly hold?: MemberHold | undefined;
  /** What all gateways remember of it. Undefined: nothing. */
  readonly record?: MemberRecord | undefined;
  /** Opens a conversation in the client's era. @throws AppError */
  open(signal: AbortSignal): Promise<Upstream>;
  /** Enters what is asked of it in the register of running calls. @throws AppError when it may not be asked now */
  enter(request: MemberRequest): EnteredCall;
  /** Notes a request that the gateway answers in the server's place. @param outcome see CallEvent */
  noteAnsweredHere(request: MemberRequest, outcome: string): void;
}

/** What is asked of a member, as it is counted. */
export interface MemberRequest {
  readonly method: string;
  readonly tool: string | undefined;
  readonly exchange: ClientExchange | undefined;
}

/** Keeps tools from clients that nobody has approved, or marks them. */
export interface MemberHold {
  /** Gives the tools as clients get them: the same for the same ones. @throws AppError */
  screen(listing: Listing<Tool>): Listing<Tool> | Promise<Listing<Tool>>;
  /** Answers a call of a tool that is withheld; undefined: it may be called. @throws AppError */
  judge(tool: string): UpstreamAnswer | undefined | Promise<UpstreamAnswer | undefined>;
}

/** What a server has offered, as all gateways remember it. */
export interface MemberRecord {
  /** Finds what it offered last to clients like this one, or else to others; undefined: nothing is known. @throws AppError */
  find(): Promise<RecordedParts | undefined>;
  /** All that it offers to clients like this one was read. */
  note(seen: SeenParts): void;
}

/** What a server offers; a list that it has never given is undefined. */
export interface SeenParts {
  readonly facts: RecordedParts['facts'];
  readonly lists: { readonly [List in RecordedList]: RecordedParts[List] | undefined };
  /** Why one of the lists is not what it would give now, as the code of the error; undefined: all are. */
  readonly failure: string | undefined;
  /** It is not what was noted before. */
  readonly isOther: boolean;
}

/** A request to a member, as the register holds it. */
export interface EnteredCall {
  /** Aborted with the reason when the register cuts it. */
  readonly signal: AbortSignal;
  /**
   * @param outcome the code of the error with which it ended; undefined: it was answered
   * @param reason its message
   */
  end(outcome?: string, reason?: string): void;
}

/** The members of an aggregate, in the order of their names; they change while it is in use. */
export interface Members {
  /** The era of all of them. */
  readonly era: Era;
  readonly all: readonly Member[];
  /** Adds a listener for other members, or other grants; returns what removes it. */
  onChange(listener: () => void): () => void;
}
