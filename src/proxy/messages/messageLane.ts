import type { ServerResponse } from 'node:http';
import type { BodyLease } from '../../calls/bodyRoom.ts';
import { Invalid, Refused } from '../../errors/appError.ts';
import { METHOD_NOT_FOUND } from '../../mcp/errorCodes.ts';
import { isJsonObject, type JsonObject, type ServerRequestId } from '../../mcp/jsonRpc.ts';
import { parseLossless, stringifyLossless } from '../../mcp/losslessJson.ts';
import { notOffered } from '../../mcp/failures.ts';
import type { ReplyOutcome, ServerFacts } from '../../upstream/upstream.ts';
import type { Call } from '../call.ts';
import type { CallContext } from '../callContext.ts';
import { CAPABILITIES_KEY, VERSION_KEY } from '../message.ts';
import type { Lane } from '../lane.ts';
import type { Peers } from '../peers.ts';
import type { HeldUpstream } from './heldUpstream.ts';
import { createHeldUpstreams, type OpenUpstream } from './heldUpstreams.ts';
import { initializeResult } from './initializeResult.ts';
import { MessageCall } from './messageCall.ts';

/** What a client has posted: one message. */
interface Posted {
  readonly id: unknown;
  readonly method: string;
  readonly params: JsonObject | undefined;
  readonly outcome: ReplyOutcome | undefined;
}

/** How a subscription ends when the server ends it, and when it has none (MCP 2026-07-28, basic/utilities/subscriptions). */
const COMPLETE = { result: { resultType: 'complete' } };
const UNKNOWN_METHOD = { error: { code: METHOD_NOT_FOUND, message: 'Method not found' } };

/** Makes the lane that passes messages on, one by one, over an Upstream: whatever carries them to the server. */
export function createMessageLane(context: CallContext, openUpstream: OpenUpstream, peers: Peers): Lane {
  const upstreams = createHeldUpstreams(context, openUpstream);
  /** The requests under way, by session and by the client's id: a client cancels by it. */
  const running = new Map<string, MessageCall>();
  /** The one stream of a session that stands: another one takes its place. */
  const streams = new Map<HeldUpstream, MessageCall>();

  function initialize(call: Call, res: ServerResponse, { id, params }: Posted): void {
    const held = upstreams.forNewSession(call, params);
    const session = context.tokens.seal(call.principal.keyId, call.place, peers.address(held.id));
    const carried = new MessageCall(context, res, { ...call, session });
    const end = (): void => void held.end();
    carried.signal.addEventListener('abort', end, { once: true });
    try {
      carried.run(() =>
        held.use((upstream) => {
          checkVersion(call, upstream);
          carried.respond(id, { result: initializeResult(upstream) });
          return Promise.resolve();
        }),
      );
    } catch (error) {
      end();
      throw error;
    }
  }

  function request(call: Call, res: ServerResponse, held: HeldUpstream, posted: Posted): void {
    const { id, method, params } = posted;
    const carried = new MessageCall(context, res, call);
    const name = `${held.id} ${stringifyLossless(id)}`;
    const leaseRoom = (): BodyLease => {
      const lease = context.register.leaseBody(call.principal);
      res.once('close', () => lease.release());
      return lease;
    };
    carried.run(async () => {
      running.set(name, carried);
      try {
        await held.use(async (upstream) => {
          checkVersion(call, upstream, posted);
          const { signal } = carried;
          const { [CAPABILITIES_KEY]: declared } = metaOf(posted);
          const capabilities = isJsonObject(declared) ? declared : undefined;
          await carried.passAnswer(upstream.ask({ method, params }, { signal, leaseRoom, capabilities }), id);
        });
      } finally {
        if (running.get(name) === carried) running.delete(name);
      }
    });
  }

  /** A stream for what the server sends outside of requests: GET in the legacy era, a request in the modern one. */
  function listen(call: Call, res: ServerResponse, held: HeldUpstream, posted?: Posted): void {
    const carried = new MessageCall(context, res, call);
    carried.run(() =>
      held.use(async (upstream) => {
        checkVersion(call, upstream, posted);
        if (posted === undefined) {
          streams.get(held)?.endStream();
          streams.set(held, carried);
        }
        const filter = posted?.params?.['notifications'];
        const options = { signal: carried.signal, ...(isJsonObject(filter) ? { filter } : {}) };
        try {
          const isOffered = await carried.passStream(upstream.listen(options), posted?.id);
          if (posted !== undefined) carried.respond(posted.id, isOffered ? COMPLETE : UNKNOWN_METHOD);
          else if (isOffered) carried.endStream();
          else throw notOffered({ server: call.server.name }, 'GET');
        } finally {
          if (streams.get(held) === carried) streams.delete(held);
        }
      }),
    );
  }

  /** Passes on a message that has no response. */
  function tell(call: Call, res: ServerResponse, held: HeldUpstream, posted: Posted): void {
    const carried = new MessageCall(context, res, call);
    const { signal } = carried;
    carried.run(async () => {
      const { method, params, outcome, id } = posted;
      if (outcome !== undefined) await held.use((upstream) => upstream.reply(id as ServerRequestId, outcome));
      else if (method === 'notifications/cancelled') {
        running.get(`${held.id} ${stringifyLossless(params?.['requestId'])}`)?.cancelByClient();
      } else if (method !== 'notifications/initialized') {
        // The Upstream has begun its own session, and said so to the server.
        await held.use((upstream) => upstream.tell({ method, params }, { signal }));
      }
      carried.accept(202);
    });
  }

  function endSession(call: Call, res: ServerResponse, held: HeldUpstream): void {
    const carried = new MessageCall(context, res, call);
    carried.run(async () => {
      for (const [name, other] of running) if (name.startsWith(`${held.id} `)) other.cancelByClient();
      streams.get(held)?.endStream();
      await held.end();
      carried.accept(200);
    });
  }

  return {
    placeOf: ({ name, revision }) => `${name} revision ${revision}`,
    carry(call, req, res, body) {
      const posted = body === undefined ? undefined : read(body.bytes);
      if (posted !== undefined && call.era === 'legacy' && call.method === 'initialize') {
        initialize(call, res, posted);
        return;
      }
      const held =
        call.era === 'modern' ? upstreams.forKey(call) : upstreams.forSession(peers.locate(sessionOf(call), req).id);
      if (posted === undefined) (call.httpMethod === 'GET' ? listen : endSession)(call, res, held);
      else if (call.kind !== 'request') tell(call, res, held, posted);
      else if (call.method === 'subscriptions/listen') listen(call, res, held, posted);
      else request(call, res, held, posted);
    },
    forward({ upstreamId }, forwarded) {
      const { home } = peers.locate(upstreamId, forwarded.req);
      if (home !== undefined) peers.forward(home, forwarded);
      return home !== undefined;
    },
    retire: upstreams.retire,
  };
}

/** @throws Invalid when the client names no session (MCP 2025-11-25, basic/transports, "Session Management") */
function sessionOf({ session }: Call): string {
  if (session !== undefined) return session.upstreamId;
  throw new Invalid(
    'session-required',
    'The request names no session: begin with "initialize", and send the Mcp-Session-Id of its answer with every request.',
  );
}

/**
 * The bridge between eras will stand here.
 * @throws Refused when the client does not speak the server's era, or names another modern revision (MCP 2026-07-28, basic/versioning)
 */
function checkVersion({ era, server }: Call, { facts }: { readonly facts: ServerFacts }, posted?: Posted): void {
  const requested = metaOf(posted)[VERSION_KEY];
  if (facts.era === era && (era === 'legacy' || requested === facts.protocolVersion)) return;
  const message = `The server "${server.name}" speaks MCP ${facts.protocolVersion}, and not the client’s revision.`;
  const data = { supported: [facts.protocolVersion], ...(typeof requested === 'string' && { requested }) };
  throw new Refused('unsupported-version', message, { data });
}

/** What a modern request says of its client. */
function metaOf(posted: Posted | undefined): JsonObject {
  const meta = posted?.params?.['_meta'];
  return isJsonObject(meta) ? meta : {};
}

/** Reads a body that was classified. @throws Invalid for a batch, which only MCP 2025-03-26 has */
function read(bytes: Buffer): Posted {
  const message = parseLossless(bytes.toString('utf8'));
  if (!isJsonObject(message)) throw new Invalid('invalid-request', 'Send the messages of a batch one by one.');
  const { id, method, params, result, error } = message;
  return {
    id,
    method: typeof method === 'string' ? method : '',
    params: isJsonObject(params) ? params : undefined,
    outcome: method === undefined ? ({ ...(isJsonObject(error) ? { error } : { result }) } as ReplyOutcome) : undefined,
  };
}
