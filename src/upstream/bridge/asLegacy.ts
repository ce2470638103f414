import { INVALID_PARAMS, METHOD_NOT_FOUND } from '../../mcp/errorCodes.ts';
import { upstreamClosed } from '../../mcp/failures.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import { isLogLevel, LOG_LEVELS, type LogLevel } from '../../mcp/logLevels.ts';
import { errorAnswer, resultAnswer } from '../answers.ts';
import type { ServerFacts, Upstream, UpstreamAnswer, UpstreamRequest } from '../upstream.ts';
import { WATCH_BOUNDS } from '../uriRoom.ts';
import { askInRounds } from './askInRounds.ts';
import { AwaitedReplies } from './awaitedReplies.ts';
import { canWatch, listenAsLegacy } from './legacyStream.ts';
import { legacyFacts, modernCapabilities, modernParams } from './legacyView.ts';
import { WatchList } from './watchList.ts';

export interface AsLegacyOptions {
  /** What the client has declared in `initialize`. */
  readonly capabilities: JsonObject;
  /** How long the client may take for the inputs that a server asks for at once, in milliseconds. (Default: 10 minutes, for people) */
  readonly inputMs?: number | undefined;
}

const INPUT_MS = 10 * 60_000;

/** Of one era only: the other one does not know them, or means something else by them. */
const UNKNOWN: ReadonlySet<string> = new Set([
  'initialize',
  'server/discover',
  'subscriptions/listen',
  'tasks/get',
  'tasks/list',
  'tasks/result',
  'tasks/cancel',
  'tasks/update',
]);

/** What modern servers are not sent (MCP 2026-07-28, changelog): they would not know it, and cancelling is done by leaving `ask`. */
const UNTOLD: ReadonlySet<string> = new Set([
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/roots/list_changed',
  'notifications/tasks/status',
]);

/**
 * Makes of an Upstream to a modern server one that a legacy client can speak with (docs/proxy.md, The bridge). There is one for each
 * session: it holds what the client has set, and what it is asked. Ending it ends the other one.
 */
export function asLegacy(upstream: Upstream, { capabilities, inputMs = INPUT_MS }: AsLegacyOptions): Upstream {
  const { server, secrets } = upstream;
  const label = { server, secrets };
  const replies = new AwaitedReplies();
  const watched = new WatchList();
  const closed = new AbortController();
  const declared = modernCapabilities(capabilities);
  const context = { label, replies, capabilities, inputMs, closed: closed.signal };
  let level: LogLevel | undefined;
  let seen: { readonly modern: ServerFacts; readonly legacy: ServerFacts } | undefined;

  function factsNow(): ServerFacts {
    const { facts: modern } = upstream;
    if (seen?.modern !== modern) seen = { modern, legacy: legacyFacts(modern) };
    return seen.legacy;
  }

  /** Answers what a modern server has no request for; undefined: it has. */
  function answerHere({ method, params }: UpstreamRequest): UpstreamAnswer | undefined {
    const { capabilities: offered } = upstream.facts;
    switch (method) {
      case 'ping':
        return resultAnswer({});
      case 'logging/setLevel':
        return offered['logging'] === undefined ? unknownMethod() : setLevel(params?.['level']);
      case 'resources/subscribe':
      case 'resources/unsubscribe':
        return canWatch(offered) ? watch(method, params?.['uri']) : unknownMethod();
      default:
        return UNKNOWN.has(method) ? unknownMethod() : undefined;
    }
  }

  function setLevel(wanted: unknown): UpstreamAnswer {
    if (!isLogLevel(wanted)) return errorAnswer(INVALID_PARAMS, `The level must be one of ${LOG_LEVELS.join(', ')}.`);
    level = wanted;
    return resultAnswer({});
  }

  function watch(method: string, uri: unknown): UpstreamAnswer {
    if (typeof uri !== 'string') return errorAnswer(INVALID_PARAMS, 'The uri must be a text.');
    if (method === 'resources/unsubscribe') watched.remove(uri);
    else if (!watched.add(uri)) {
      return errorAnswer(INVALID_PARAMS, `A session watches at most ${WATCH_BOUNDS}: unsubscribe from some first.`);
    }
    return resultAnswer({});
  }

  return {
    server,
    secrets,
    get facts() {
      return factsNow();
    },
    async *ask(request, options = {}) {
      options.signal?.throwIfAborted();
      closed.signal.throwIfAborted();
      const answer = answerHere(request);
      if (answer !== undefined) {
        yield answer;
        return;
      }
      const sent = { method: request.method, params: modernParams(request.params, level) };
      yield* askInRounds(upstream, context, sent, { ...options, capabilities: declared });
    },
    listen: (options) => listenAsLegacy(upstream, watched, closed.signal, options),
    async tell(notification, options) {
      if (!UNTOLD.has(notification.method)) await upstream.tell(notification, options);
    },
    reply(id, outcome) {
      replies.settle(id, outcome);
      return Promise.resolve();
    },
    async [Symbol.asyncDispose]() {
      closed.abort(upstreamClosed(label));
      await upstream[Symbol.asyncDispose]();
    },
  };
}

function unknownMethod(): UpstreamAnswer {
  return errorAnswer(METHOD_NOT_FOUND, 'Method not found');
}
