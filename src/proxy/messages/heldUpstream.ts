import { randomUUID } from 'node:crypto';
import { covers, type ToolGrant } from '../../access/grants.ts';
import type { Principal } from '../../auth/principal.ts';
import type { CallRegister } from '../../calls/callRegister.ts';
import type { RunningCall } from '../../calls/runningCall.ts';
import type { Clock } from '../../clock.ts';
import type { AppError } from '../../errors/appError.ts';
import { upstreamClosed } from '../../mcp/failures.ts';
import type { LiveServer } from '../../live/liveServer.ts';
import type { Upstream } from '../../upstream/upstream.ts';
import { AnswerLogs } from '../answerLog.ts';
import { ToolHeaders } from './toolHeaders.ts';

export interface HeldUpstreamOptions {
  readonly principal: Principal;
  readonly server: LiveServer;
  readonly register: Pick<CallRegister, 'open'>;
  readonly clock: Clock;
  /** It ends when nobody has used it for so long. */
  readonly idleMs: number;
  /** Aborting the signal ends the attempt. */
  readonly open: (signal: AbortSignal) => Promise<Upstream>;
  /** It takes no more calls. */
  readonly onEnd: (held: HeldUpstream) => void;
}

/**
 * An Upstream that outlives a call: that of a legacy session, or of a key in the modern era. It stands in the register as a stream
 * does, so that what cuts a key's or a server's streams ends it too, and a key can hold no more than its share.
 */
export class HeldUpstream implements RunningCall {
  readonly id = randomUUID();
  readonly principal: Principal;
  readonly server: LiveServer;
  readonly tools: readonly string[] = [];
  readonly onlyTools = false;
  readonly standing = true;
  readonly holds = 'conversation';
  readonly toolHeaders: ToolHeaders;
  /** The answers of a legacy session that can be taken up again. */
  readonly answers = new AnswerLogs();
  /** The protocol revision that its client was told; undefined before, and in the modern era. */
  protocolVersion: string | undefined;
  readonly #options: HeldUpstreamOptions;
  readonly #closing = new AbortController();
  readonly #opened: Promise<Upstream>;
  readonly #leaveRegister: () => void;
  /** Once it is open. */
  #upstream: Upstream | undefined;
  /** The grants by which calls were let in that may wait here, none of which another one covers. */
  #admittedBy: readonly ToolGrant[] = [];
  #users = 0;
  #idleSince: number;
  #isRetired = false;
  #ended: Promise<void> | undefined;

  /** @throws what CallRegister.open throws */
  constructor(options: HeldUpstreamOptions) {
    this.#options = options;
    this.principal = options.principal;
    this.server = options.server;
    this.toolHeaders = new ToolHeaders(options.clock);
    this.#idleSince = options.clock();
    this.#leaveRegister = options.register.open(this);
    this.#opened = options.open(this.#closing.signal);
    this.#opened.then(
      (upstream) => (this.#upstream = upstream),
      () => this.end(),
    );
  }

  /** Notes the grant of a call that may wait here for its client: when the key loses any of it, all ends, as with what it began with. */
  admit({ grants }: Pick<Principal, 'grants'>): void {
    const grant = grants.forServer(this.server.name);
    if (grant === undefined || this.#admittedBy.some((known) => covers(known, grant))) return;
    this.#admittedBy = [...this.#admittedBy.filter((known) => !covers(grant, known)), grant];
  }

  allows({ grants }: Pick<Principal, 'scopes' | 'grants'>): boolean {
    const grant = grants.forServer(this.server.name);
    return grant !== undefined && this.#admittedBy.every((admitted) => covers(grant, admitted));
  }

  /** Does something with the Upstream, which does not end meanwhile unless it is cut. @throws what opening it has thrown */
  async use<T>(work: (upstream: Upstream) => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await work(await this.#opened);
    } finally {
      this.#users--;
      this.#idleSince = this.#options.clock();
      this.#endIfUnused();
    }
  }

  /** Takes no more calls, and ends with the last one under way. */
  retire(): void {
    this.#isRetired = true;
    this.#options.onEnd(this);
    this.#endIfUnused();
  }

  /** Ends it, and a session at the server. */
  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  cut(reason: AppError): void {
    this.#closing.abort(reason);
    void this.end();
  }

  endStanding(): boolean {
    this.retire();
    // Nobody can go on with what waits here.
    if (this.#users === 0) void this.end();
    return true;
  }

  tick(now: number): void {
    // A call that waits for its client goes on here.
    if (this.#isWaiting) this.#idleSince = now;
    else if (this.#users === 0 && now - this.#idleSince >= this.#options.idleMs) void this.end();
  }

  #endIfUnused(): void {
    // The client of a call that waits would be led to another one.
    if (this.#isRetired && this.#users === 0) void this.end();
  }

  get #isWaiting(): boolean {
    return (this.#upstream?.waiting ?? 0) > 0;
  }

  async #end(): Promise<void> {
    this.#options.onEnd(this);
    if (this.#upstream === undefined) this.#closing.abort(upstreamClosed({ server: this.server.name }));
    try {
      await (await this.#opened)[Symbol.asyncDispose]();
    } catch {
      // It never opened, or the server does not let go of its session: both are over for us.
    } finally {
      this.#leaveRegister();
    }
  }
}
