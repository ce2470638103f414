import type { IncomingHttpHeaders } from 'node:http';
import { Invalid } from '../../errors/appError.ts';
import { connectionName } from '../../live/liveServer.ts';
import { METHOD_NOT_FOUND } from '../../mcp/errorCodes.ts';
import { isJsonObject, type ServerRequestId } from '../../mcp/jsonRpc.ts';
import { notOffered } from '../../mcp/failures.ts';
import type { Upstream } from '../../upstream/upstream.ts';
import type { HeldAggregates } from '../aggregate/heldAggregates.ts';
import type { Call } from '../call.ts';
import type { CallContext } from '../callContext.ts';
import type { Lane } from '../lane.ts';
import { LineResponse, type CallResponse } from '../lineResponse.ts';
import type { OpenUpstream } from '../openUpstream.ts';
import type { Peers } from '../peers.ts';
import type { AnswerLogs } from '../answerLog.ts';
import { carryBatch, checkBatch, requestsOf } from './batch.ts';
import { Cancellables, mayCancel, scopeOf } from './cancellables.ts';
import { createHeldUpstreams } from './heldUpstreams.ts';
import { initializeResult, negotiatedVersion } from './initializeResult.ts';
import { MessageCall } from './messageCall.ts';
import { capabilitiesOf, readPosted, type Posted } from './posted.ts';
import { roomForAnswer } from './roomForAnswer.ts';
import { idAndHome, sessionOf } from './sessionOfCall.ts';
import { learning, type ToolHeaders } from './toolHeaders.ts';
import { checkVersion, checkVersionHeader } from './versionChecks.ts';

/** An Upstream that outlives a call: of one server, or of all that a key may use. */
interface Held {
  readonly id: string;
  /** The protocol revision that its client was told; undefined before, and in the modern era. */
  protocolVersion: string | undefined;
  /** The answers that can be taken up again. */
  readonly answers?: AnswerLogs;
  readonly toolHeaders?: ToolHeaders;
  use<T>(work: (upstream: Upstream) => Promise<T>): Promise<T>;
  end(): Promise<void>;
}

/** How a subscription ends when the server ends it, and when it has none (MCP 2026-07-28, basic/utilities/subscriptions). */
const COMPLETE = { result: { resultType: 'complete' } };
const UNKNOWN_METHOD = { error: { code: METHOD_NOT_FOUND, message: 'Method not found' } };

/** Clients of revisions before it choke on an event without a message, by which an answer begins that can be taken up again (SEP-1699). */
const FIRST_PRIMED = '2025-11-25';

/** Makes the lane that passes messages on, one by one, over an Upstream: whatever carries them to the server. */
export function createMessageLane(
  context: CallContext,
  openUpstream: OpenUpstream,
  aggregates: HeldAggregates,
  peers: Pick<Peers, 'here'>,
): Lane<CallResponse> {
  const upstreams = createHeldUpstreams(context, openUpstream);
  const running = new Cancellables();
  /** The one stream of a session that stands: another one takes its place. */
  const streams = new Map<Held, MessageCall>();

  function begin(call: Call, params: unknown): { readonly held: Held; readonly token: string } {
    if (call.view !== undefined) return aggregates.begin(call, params);
    const held = upstreams.forNewSession(call, params);
    return { held, token: `${held.id} ${peers.here}` };
  }

  function initialize(call: Call, res: CallResponse, { id, params }: Posted): void {
    const { held, token } = begin(call, params);
    const session = context.tokens.seal(call.principal.keyId, call.place, token);
    const carried = new MessageCall(context, res, { ...call, session });
    const end = (): void => void held.end();
    carried.signal.addEventListener('abort', end, { once: true });
    try {
      carried.run(() =>
        held.use((upstream) => {
          held.protocolVersion = negotiatedVersion(upstream, params?.['protocolVersion']);
          if (res instanceof LineResponse) res.channel.sessionBegun(session, held);
          carried.respond(id, { result: initializeResult(upstream, held.protocolVersion) });
          return Promise.resolve();
        }),
      );
    } catch (error) {
      end();
      throw error;
    }
  }

  function request(
    call: Call,
    headers: IncomingHttpHeaders | undefined,
    res: CallResponse,
    held: Held,
    posted: Posted,
  ): void {
    const { id, method, params } = posted;
    const leaseRoom = roomForAnswer(context, call, res);
    const revision = headers === undefined ? undefined : held.protocolVersion;
    const log = revision === undefined ? undefined : held.answers?.open(revision >= FIRST_PRIMED);
    const carried = new MessageCall(context, res, call, log);
    const work = async (): Promise<void> => {
      const leave = mayCancel(call, res) ? running.enter(scopeOf(held, res), posted.id, carried) : undefined;
      try {
        await held.use(async (upstream) => {
          checkVersion(call, upstream, posted);
          const { signal, traceparent } = carried;
          const isModern = call.era === 'modern';
          if (isModern && headers !== undefined && method === 'tools/call') {
            const mismatch = await held.toolHeaders?.check(upstream, params, headers, signal);
            if (mismatch !== undefined) throw mismatch;
          }
          const capabilities = capabilitiesOf(posted);
          const onPause = (): void => carried.pause();
          const exchange = carried.traffic.whole;
          const options = { signal, leaseRoom, capabilities, onPause, exchange, clientHeaders: headers, traceparent };
          const messages = upstream.ask({ method, params }, options);
          const isList = isModern && method === 'tools/list';
          await carried.passAnswer(isList ? learning(messages, held.toolHeaders) : messages, id);
        });
      } finally {
        leave?.();
      }
    };
    try {
      carried.run(work);
    } catch (error) {
      log?.drop();
      throw error;
    }
  }

  /** Takes an answer up again whose connection broke. @throws Invalid for an event that is not known, or not any more */
  function resume(call: Call, res: CallResponse, held: Held, eventId: string): void {
    const carried = new MessageCall(context, res, call);
    const found = held.answers?.find(eventId);
    const events = found && carried.follow(found.log, found.number);
    if (events === undefined) throw unknownEvent();
    try {
      // The session does not end while the answer is awaited.
      carried.run(() => held.use(() => carried.takeUp(events)));
    } catch (error) {
      carried.release(false);
      throw error;
    }
  }

  /** A stream for what the server sends outside of requests: GET in the legacy era, a request in the modern one. */
  function listen(call: Call, res: CallResponse, held: Held, posted?: Posted): void {
    const carried = new MessageCall(context, res, call);
    carried.run(() =>
      held.use(async (upstream) => {
        checkVersion(call, upstream, posted);
        if (posted === undefined) {
          streams.get(held)?.endStream();
          streams.set(held, carried);
        }
        const isCancellable = posted !== undefined && mayCancel(call, res);
        const leave = isCancellable ? running.enter(scopeOf(held, res), posted.id, carried) : undefined;
        const filter = posted?.params?.['notifications'];
        const capabilities = capabilitiesOf(posted);
        const options = { signal: carried.signal, capabilities, ...(isJsonObject(filter) ? { filter } : {}) };
        try {
          const isOffered = await carried.passStream((onOpen) => upstream.listen({ ...options, onOpen }), posted?.id);
          if (posted !== undefined) carried.respond(posted.id, isOffered ? COMPLETE : UNKNOWN_METHOD);
          else if (isOffered) carried.endStream();
          else throw notOffered({ server: call.server.name }, 'GET');
        } finally {
          leave?.();
          if (streams.get(held) === carried) streams.delete(held);
        }
      }),
    );
  }

  /** Passes on a message that has no response. */
  function tell(call: Call, res: CallResponse, held: Held, posted: Posted): void {
    const carried = new MessageCall(context, res, call);
    carried.run(async () => {
      await tellOne(call, res, held, posted, carried.signal);
      carried.accept(202);
    });
  }

  /** Ends what a line names: any other request of its exchange, in either era. */
  function cancelInExchange(call: Call, res: LineResponse, { params }: Posted): void {
    const carried = new MessageCall(context, res, call);
    carried.run(() => {
      running.find(res.channel.id, params?.['requestId'])?.cancelByClient();
      carried.accept(202);
      return Promise.resolve();
    });
  }

  async function tellOne(
    call: Call,
    res: CallResponse,
    held: Held,
    posted: Posted,
    signal: AbortSignal,
  ): Promise<void> {
    const { method, params, outcome, id } = posted;
    if (outcome !== undefined) await held.use((upstream) => upstream.reply(id as ServerRequestId, outcome));
    else if (method === 'notifications/cancelled') {
      const other = running.find(scopeOf(held, res), params?.['requestId']);
      if (other !== undefined) other.cancelByClient();
      // One that went as bytes is the server's to cancel.
      else if (call.view !== undefined && !(res instanceof LineResponse))
        await held.use((upstream) => upstream.tell({ method, params }, { signal }));
    } else if (method !== 'notifications/initialized') {
      // The Upstream has begun its own session, and said so to the server.
      await held.use((upstream) => upstream.tell({ method, params }, { signal }));
    }
  }

  /** Carries the messages of a batch, each as if it had come alone. */
  function batch(call: Call, res: CallResponse, held: Held, posted: readonly Posted[]): void {
    checkBatch(posted, held.protocolVersion);
    const carried = new MessageCall(context, res, call);
    const ids = requestsOf(posted).map(({ id }) => id);
    const leaseRoom = roomForAnswer(context, call, res);
    carried.runBatch(ids, () =>
      held.use((upstream) =>
        carryBatch({
          carried,
          posted,
          ask: (one, signal) => {
            const { id, method, params } = one;
            const exchange = carried.traffic.ofPart(one);
            const { traceparent } = carried;
            return carried.passAnswer(
              upstream.ask({ method, params }, { signal, leaseRoom, exchange, traceparent }),
              id,
            );
          },
          tell: (one) => tellOne(call, res, held, one, carried.signal),
          enter: (one, request) => running.enter(scopeOf(held, res), one.id, request),
        }),
      ),
    );
  }

  function endSession(call: Call, res: CallResponse, held: Held): void {
    const carried = new MessageCall(context, res, call);
    carried.run(async () => {
      running.cancelAll(scopeOf(held, res));
      streams.get(held)?.endStream();
      await (call.view === undefined ? held.end() : aggregates.endSession(call));
      carried.accept(200);
    });
  }

  function heldFor(call: Call): Held {
    if (call.view !== undefined) return aggregates.forCall(call);
    return call.era === 'modern' ? upstreams.forKey(call) : upstreams.forSession(idAndHome(sessionOf(call)).id);
  }

  return {
    placeOf: (server) => `${connectionName(server)} revision ${server.revision}`,
    carry(call, req, res, body) {
      const posted = body === undefined ? undefined : readPosted(body.bytes);
      if (isOne(posted) && call.era === 'legacy' && call.method === 'initialize') {
        initialize(call, res, posted);
        return;
      }
      if (isOne(posted) && call.method === 'notifications/cancelled' && res instanceof LineResponse) {
        cancelInExchange(call, res, posted);
        return;
      }
      const headers = res instanceof LineResponse ? undefined : req.headers;
      const held = heldFor(call);
      if (headers !== undefined) checkVersionHeader(call, headers, held);
      if (posted !== undefined && !isOne(posted)) {
        batch(call, res, held, posted);
        return;
      }
      const eventId = headers?.['last-event-id'];
      if (call.httpMethod === 'GET' && typeof eventId === 'string') resume(call, res, held, eventId);
      else if (posted === undefined) (call.httpMethod === 'GET' ? listen : endSession)(call, res, held);
      else if (call.kind !== 'request') tell(call, res, held, posted);
      else if (call.method === 'subscriptions/listen') listen(call, res, held, posted);
      else request(call, headers, res, held, posted);
    },
    homeOf: (session, isOfAggregate) =>
      isOfAggregate ? aggregates.homeOf(session) : idAndHome(session.upstreamId).home,
    retire: upstreams.retire,
  };
}

function isOne(posted: Posted | readonly Posted[] | undefined): posted is Posted {
  return posted !== undefined && !Array.isArray(posted);
}

function unknownEvent(): Invalid {
  return new Invalid(
    'unknown-event-id',
    'The Last-Event-ID is of no answer that can be taken up again in this session: send the request anew.',
  );
}
