import type { Clock } from '../../clock.ts';
import { INVALID_PARAMS, METHOD_NOT_FOUND } from '../../mcp/errorCodes.ts';
import type { ServerLabel } from '../../mcp/failures.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { isLogLevel, LOG_LEVEL_KEY } from '../../mcp/logLevels.ts';
import { errorAnswer, resultAnswer } from '../answers.ts';
import type { ServerFacts, Upstream, UpstreamMessage, UpstreamRequest } from '../upstream.ts';
import { progressTokenOf, type CallClient } from './callClient.ts';
import { CarriedCall } from './carriedCall.ts';
import { legacyCapabilities } from './clientCapabilities.ts';
import { mayAskForInput, readInputResponses, sizeOf, type InputRequest } from './modernInputs.ts';
import { LegacySessions, type SessionUse } from './legacySessions.ts';
import { listenAsModern } from './modernListening.ts';
import {
  discoverAnswer,
  isRemoved,
  legacyRequest,
  missingUrlMode,
  modernAnswer,
  modernFacts,
  urlElicitations,
} from './modernView.ts';
import type { ParkedBudget } from './parkedBudget.ts';
import { ParkedCalls } from './parkedCalls.ts';
import { requestDigest, withoutAttempt, type RequestDigest } from './requestDigest.ts';

/** Makes the `requestState` of a parked call, which goes by the client, and reads it again. */
export interface RequestStates {
  seal(parkedId: string): string;
  /** @returns undefined for one that is not of this client, or too old, or none of ours */
  open(requestState: string): { readonly parkedId: string } | undefined;
}

export interface ParkedLimits {
  /** How long a call waits for its client, in milliseconds. (Default: 300_000) */
  readonly expiryMs: number;
  /** How long a server that asks for something may take to ask for more in the same round, in milliseconds. (Default: 20) */
  readonly turnMs: number;
  /** At one server at once, one for each kind of client. (Default: 16) */
  readonly maxSessions: number;
  /** A session ends when nobody has used it for so long, in milliseconds. (Default: 300_000) */
  readonly sessionIdleMs: number;
}

const DEFAULT_LIMITS: ParkedLimits = { expiryMs: 300_000, turnMs: 20, maxSessions: 16, sessionIdleMs: 300_000 };

export interface AsModernOptions {
  readonly label: ServerLabel;
  /** Opens a session at the server for clients that declare these capabilities (in the legacy shape). */
  readonly open: (capabilities: JsonObject, signal: AbortSignal) => Promise<Upstream>;
  /** A session that is open already, for clients that declare nothing. It is disposed of with the rest. */
  readonly first: Upstream;
  readonly states: RequestStates;
  readonly clock: Clock;
  readonly limits?: Partial<ParkedLimits> | undefined;
  /** Counts parked calls, of the whole gateway. */
  readonly shared: ParkedBudget;
  /** Whose share of it the calls take. */
  readonly key: string;
}

/** One request, and its repeats. */
interface Attempt {
  /** As the server gets it. */
  readonly request: UpstreamRequest;
  /** Of what all repeats share; undefined: not made yet. */
  readonly digest: RequestDigest | undefined;
  readonly use: SessionUse;
}

/** A call that waits for its client. */
interface Waiting extends Attempt {
  readonly digest: RequestDigest;
  /** Or the URLs that the user is to open before the server gets the request again: it has refused it until then. */
  readonly what: CarriedCall | ReadonlyMap<string, InputRequest>;
}

const UNKNOWN_STATE =
  'The requestState belongs to no call that waits: it was used already, or has expired, or is of another client. Call again without requestState and inputResponses.';
const OTHER_REQUEST =
  'The requestState belongs to a call with another method or other params. Repeat that one unchanged, or call again without requestState and inputResponses.';
const BAD_RESPONSES = 'inputResponses must be an object, and hold the result of each input request under its key.';
const NOT_OPENED = 'The server needs the user to open a URL first, and the user has not. Call again to be asked again.';
const NOBODY_CAME = 'The client has left, or has not answered in time.';
const NO_ROOM = 'The client can’t be asked now: too many calls wait for input.';

/** Lets modern clients speak with a legacy server: an Upstream of the modern era around its sessions. One per key and server. */
export function asModern(options: AsModernOptions): Upstream {
  const { label, first, open, clock, shared, key, states } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { maxSessions, sessionIdleMs: idleMs, expiryMs, turnMs } = limits;
  const sessions = new LegacySessions({ label, open, first, clock, maxSessions, idleMs });
  const parked = new ParkedCalls<Waiting>({
    budget: shared,
    key,
    server: label.server,
    clock,
    expiryMs,
    onEnd: ({ what, use }) => {
      use[Symbol.dispose]();
      if (what instanceof CarriedCall) void what.giveUp(NOBODY_CAME);
    },
  });
  let seen: ServerFacts | undefined;
  let shown: ServerFacts | undefined;

  /** Another session may have taken the place of a lost one, and the server may be a newer one. */
  function facts(): ServerFacts {
    if (seen !== first.facts || shown === undefined) {
      seen = first.facts;
      shown = modernFacts(seen);
    }
    return shown;
  }

  async function* begin(attempt: Attempt, client: CallClient): AsyncGenerator<UpstreamMessage, void, void> {
    const { request, use } = attempt;
    using _level = await use.session.level.enter(client.logLevel);
    client.options.signal?.throwIfAborted();
    const ofCall = use.again();
    const call = use.session.start(request, client, turnMs, () => ofCall[Symbol.dispose]());
    yield* carry(attempt, call, client);
  }

  async function* carry(
    attempt: Attempt,
    call: CarriedCall,
    client: CallClient,
  ): AsyncGenerator<UpstreamMessage, void, void> {
    const { request } = attempt;
    const answer = yield* call.carry();
    if (answer === undefined) {
      yield* park(attempt, client, call);
      return;
    }
    const elicitations = mayAskForInput(request.method) ? urlElicitations(answer) : undefined;
    if (elicitations === undefined) yield modernAnswer(request, answer);
    else if (!allowsUrls(client.capabilities)) yield missingUrlMode();
    else yield* park(attempt, client, elicitations);
  }

  /** Asks the client for input; the call waits for the repeat. @throws Limited when it can't wait */
  async function* park(
    attempt: Attempt,
    { options: { signal } }: CallClient,
    what: Waiting['what'],
  ): AsyncGenerator<UpstreamMessage, void, void> {
    const call = what instanceof CarriedCall ? what : undefined;
    const use = attempt.use.again();
    let id: string;
    try {
      const digest = attempt.digest ?? (await requestDigest(attempt.request));
      signal?.throwIfAborted();
      id = parked.park({ ...attempt, digest, use, what }, (place) => {
        place.grow(digest.size);
        for (const input of inputsOf(what).values()) place.grow(sizeOf(input));
        call?.park(place);
      });
    } catch (error) {
      use[Symbol.dispose]();
      void call?.giveUp(signal?.aborted === true ? NOBODY_CAME : NO_ROOM);
      throw error;
    }
    try {
      const inputRequests = Object.fromEntries(inputsOf(what));
      yield resultAnswer({ resultType: 'input_required', inputRequests, requestState: states.seal(id) });
    } finally {
      // A client that has left does not come back with what it never got.
      if (signal?.aborted === true) parked.end(id);
    }
  }

  /** Goes on with the call that a request repeats. */
  async function* repeat(
    request: UpstreamRequest,
    params: JsonObject,
    client: CallClient,
  ): AsyncGenerator<UpstreamMessage, void, void> {
    const { requestState } = params;
    const id = typeof requestState === 'string' ? states.open(requestState)?.parkedId : undefined;
    const found = id === undefined ? undefined : parked.find(id);
    if (id === undefined || found === undefined) {
      yield errorAnswer(INVALID_PARAMS, UNKNOWN_STATE);
      return;
    }
    if ((await requestDigest(request)).text !== found.digest.text) {
      yield errorAnswer(INVALID_PARAMS, OTHER_REQUEST);
      return;
    }
    using _level = await found.use.session.level.enter(client.logLevel);
    client.options.signal?.throwIfAborted();
    const responses = readInputResponses(params, inputsOf(found.what).keys());
    if (responses === undefined) {
      yield errorAnswer(INVALID_PARAMS, BAD_RESPONSES);
      return;
    }
    const waiting = parked.take(id);
    if (waiting === undefined) {
      yield errorAnswer(INVALID_PARAMS, UNKNOWN_STATE);
      return;
    }
    using _use = waiting.use;
    const { what } = waiting;
    if (what instanceof CarriedCall) {
      what.resume(client, responses);
      yield* carry(waiting, what, client);
    } else if ([...responses.values()].some(({ action }) => action !== 'accept')) {
      yield errorAnswer(INVALID_PARAMS, NOT_OPENED);
    } else if (responses.size < what.size) {
      yield* park(waiting, client, new Map([...what].filter(([key]) => !responses.has(key))));
    } else yield* begin(waiting, client);
  }

  return {
    ...label,
    get facts() {
      return facts();
    },
    get waiting() {
      return parked.size;
    },
    async *ask({ method, params }, options = {}) {
      options.signal?.throwIfAborted();
      const logLevel = logLevelOf(params);
      if (method === 'server/discover') yield discoverAnswer(facts());
      else if (isRemoved(method)) yield errorAnswer(METHOD_NOT_FOUND, 'Method not found');
      else if (logLevel !== undefined && !isLogLevel(logLevel)) {
        // MCP 2026-07-28, server/utilities/logging, Error Handling.
        yield errorAnswer(INVALID_PARAMS, `There is no log level ${JSON.stringify(logLevel)}.`);
      } else {
        const capabilities = legacyCapabilities(options.capabilities);
        const client = { capabilities, logLevel, progressToken: progressTokenOf(params), options };
        const mayAsk = mayAskForInput(method);
        const request = legacyRequest({ method, params: mayAsk ? withoutAttempt(params) : params });
        if (mayAsk && params?.['requestState'] !== undefined) yield* repeat(request, params, client);
        else {
          using use = await sessions.use(capabilities, options.signal);
          yield* begin({ request, digest: undefined, use }, client);
        }
      }
    },
    async *listen({ signal, filter, capabilities }) {
      if (signal.aborted) return;
      try {
        using use = await sessions.use(legacyCapabilities(capabilities), signal);
        yield* listenAsModern(use.session, signal, filter);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    async tell(notification, tellOptions) {
      // Without sessions it names nobody's request (MCP 2026-07-28, basic/patterns/cancellation).
      if (notification.method === 'notifications/cancelled') return;
      await first.tell(legacyRequest(notification), tellOptions);
    },
    async reply() {
      // No request of the server's comes to a modern client.
    },
    async [Symbol.asyncDispose]() {
      parked[Symbol.dispose]();
      await sessions[Symbol.asyncDispose]();
    },
  };
}

/** What the client is asked for, by the keys under which it is to answer. */
function inputsOf(what: Waiting['what']): ReadonlyMap<string, InputRequest> {
  return what instanceof CarriedCall ? what.inputs : what;
}

function allowsUrls({ elicitation }: JsonObject): boolean {
  return isJsonObject(elicitation) && isJsonObject(elicitation['url']);
}

function logLevelOf(params: JsonObject | undefined): unknown {
  const meta = params?.['_meta'];
  return isJsonObject(meta) ? meta[LOG_LEVEL_KEY] : undefined;
}
