import type { FindToolHold } from '../../catalogue/toolHolds.ts';
import { noteAnsweredHere } from '../../calls/answeredHere.ts';
import type { ClientExchange, ExchangeEnd } from '../../calls/clientExchange.ts';
import { openCall, type CallScope, type OpenCall } from '../../calls/openCall.ts';
import type { RunningCall } from '../../calls/runningCall.ts';
import { AppError } from '../../errors/appError.ts';
import { connectionName } from '../../live/liveServer.ts';
import type { LiveServer } from '../../live/liveServer.ts';
import { placeOf } from '../../live/serverPlace.ts';
import type { Era } from '../../mcp/eras.ts';
import { secretsOf } from '../../mcp/excerpt.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import { listCapabilities } from '../../mcp/listCapabilities.ts';
import { prefixOf } from '../../upstream/aggregate/exposedNames.ts';
import type { EnteredCall, Member, MemberRequest, Members } from '../../upstream/aggregate/member.ts';
import type { Upstream } from '../../upstream/upstream.ts';
import type { ClientOfServer, OpenUpstream } from '../openUpstream.ts';
import { createMemberHold } from './memberHold.ts';
import { createMemberRecord } from './memberRecord.ts';
import type { Catalogues } from '../../catalogue/openCatalogues.ts';
import type { View, ViewEntry } from './view.ts';

export interface ViewMembersOptions {
  readonly view: View;
  readonly era: Era;
  readonly client: ClientOfServer;
  /** The path of the request for which they are opened. */
  readonly via: string;
  readonly scope: CallScope;
  readonly openUpstream: OpenUpstream;
  readonly findHold: FindToolHold | undefined;
  readonly catalogues: Pick<Catalogues, 'findLast' | 'observe'> | undefined;
  /** The server whose names have no prefix. */
  readonly unprefixed: string | undefined;
}

/** The servers of a view, as the members of one client's aggregate. */
export class ViewMembers implements Members {
  readonly era: Era;
  readonly #options: ViewMembersOptions;
  /** What lists of a legacy server may depend on. */
  readonly #capabilities: JsonObject;
  #entries: readonly ViewEntry[] | undefined;
  #members: readonly Member[] = [];

  constructor(options: ViewMembersOptions) {
    this.#options = options;
    this.era = options.era;
    this.#capabilities = options.era === 'modern' ? {} : listCapabilities(options.client.capabilities);
  }

  get all(): readonly Member[] {
    const { entries } = this.#options.view;
    if (entries !== this.#entries) {
      const known = this.#members;
      this.#members = entries.map((entry, at) => this.#known(known, entry, at) ?? this.#member(entry));
      this.#entries = entries;
    }
    return this.#members;
  }

  onChange(listener: () => void): () => void {
    return this.#options.view.onChange(listener);
  }

  #known(members: readonly Member[], entry: ViewEntry, at: number): Member | undefined {
    const { name } = entry.server;
    const isIt = (one: Member | undefined): boolean => one?.server === name;
    const member = isIt(members[at]) ? members[at] : members.find(isIt);
    const isSame = member?.listsKey === this.#listsKey(entry) && member.grant === entry.grant;
    return isSame ? member : undefined;
  }

  #listsKey({ server }: ViewEntry): string {
    return `${connectionName(server)} ${String(server.revision)} ${this.era} ${JSON.stringify(this.#capabilitiesAt(server))}`;
  }

  /** What a program that all share learns of no client. */
  #capabilitiesAt({ program }: LiveServer): JsonObject {
    return program?.isolation === 'shared' ? {} : this.#capabilities;
  }

  #member(entry: ViewEntry): Member {
    const { server, grant } = entry;
    const { unprefixed, findHold, catalogues } = this.#options;
    return {
      server: server.name,
      place: placeOf(server),
      secrets: secretsOf(server.url, { ...server.headers, ...server.program?.env }),
      prefix: server.name === unprefixed ? '' : prefixOf(server.name),
      grant,
      listsKey: this.#listsKey(entry),
      owner: this.#options.view.principal.keyId,
      hold: createMemberHold(server, this.era, findHold),
      record: createMemberRecord(server, { era: this.era, capabilities: this.#capabilitiesAt(server) }, catalogues),
      open: (signal) => this.#open(entry, signal),
      enter: (request) => this.#enter(entry, request),
      noteAnsweredHere: (request, outcome) => this.#noteAnsweredHere(entry, request, outcome),
    };
  }

  #open({ server }: ViewEntry, signal: AbortSignal): Promise<Upstream> {
    const { view, client, via, openUpstream } = this.#options;
    const user = { principal: view.principal, inSession: this.era === 'legacy' };
    return openUpstream({ server, client, user, era: this.era, via, signal });
  }

  #enter(entry: ViewEntry, request: MemberRequest): EnteredCall {
    const { view, era } = this.#options;
    const { method, tool, exchange } = request;
    const cutting = new AbortController();
    const running = {
      principal: view.principal,
      server: entry.server,
      tools: tool === undefined ? [] : [tool],
      onlyTools: tool !== undefined,
      standing: false,
      cut: (reason: AppError) => cutting.abort(reason),
    };
    const open = this.#openCall(entry, request, running);
    return {
      signal: cutting.signal,
      end(outcome = 'ok', reason) {
        open.leave();
        const bytesIn = exchange?.bytesIn ?? 0;
        whenOver(exchange, (end) =>
          open.end({ method, tool, era, ownMs: undefined, outcome, reason, bytesIn, ...end }),
        );
      },
    };
  }

  #openCall(entry: ViewEntry, request: MemberRequest, running: RunningCall): OpenCall {
    try {
      return openCall(this.#options.scope, running);
    } catch (error) {
      if (error instanceof AppError) this.#noteAnsweredHere(entry, request, error.code);
      throw error;
    }
  }

  #noteAnsweredHere({ server }: ViewEntry, { method, tool, exchange }: MemberRequest, outcome: string): void {
    const { view, scope } = this.#options;
    const call = { principal: view.principal, server, method, tool, era: this.era, bytesIn: exchange?.bytesIn ?? 0 };
    whenOver(exchange, (end) => noteAnsweredHere(scope, call, { outcome, ...end }));
  }
}

/** Calls back when the client has its answer; at once where nobody knows. */
function whenOver(exchange: ClientExchange | undefined, callback: (end: ExchangeEnd) => void): void {
  if (exchange === undefined) callback({ requestId: undefined, protocol: undefined, status: 200, bytesOut: 0 });
  else exchange.whenOver(callback);
}
