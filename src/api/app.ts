import type { IncomingMessage, RequestListener } from 'node:http';
import cors from '@koa/cors';
import Router from '@koa/router';
import Koa, { type Context } from 'koa';
import helmet from 'koa-helmet';
import { checkSource } from '../auth/checkSource.ts';
import type { Authenticate, Principal } from '../auth/principal.ts';
import type { BodyLease } from '../calls/bodyRoom.ts';
import type { CallRegister } from '../calls/callRegister.ts';
import type { Clock } from '../clock.ts';
import { AppError, Forbidden, Invalid, NotFound } from '../errors/appError.ts';
import { addressOf } from '../front/client.ts';
import { percentDecoded } from '../front/percentEncoding.ts';
import { ALLOWED_HEADERS, EXPOSED_HEADERS, PREFLIGHT_MAX_AGE_S } from '../front/crossOrigin.ts';
import { noteRoute, requestIdOf } from '../front/frontResponse.ts';
import { prefersHtml } from '../front/negotiate.ts';
import type { OnRefused, RefusedRequest } from '../front/refusalLog.ts';
import { checkRequestHead } from '../front/requestHead.ts';
import type { Logger } from '../logging/logger.ts';
import { traceparentOf, type Tracer } from '../tracing/tracer.ts';
import type { RepeatedLog } from '../logging/repeatedLog.ts';
import { JSON_BOUNDS, SETTINGS_BOUNDS } from '../mcp/jsonCost.ts';
import { createBodyReader, type BodyReaderOptions } from './body.ts';
import { addDocs } from './docs.ts';
import { fromRejection } from '../postgres/rejection.ts';
import { PAGE_POLICY } from './pageHtml.ts';
import { checkQuery } from './queryCheck.ts';
import { toProblem, type ProblemAnswer } from './problem.ts';
import { addRootPage, NOTHING_HERE, type RootPageOptions } from './rootPage.ts';
import { pathTemplate, type ApiRequest, type ProtectedRoute, type Route } from './route.ts';

export interface ApiOptions {
  readonly routes: readonly Route[];
  readonly authenticate: Authenticate;
  readonly register: Pick<CallRegister, 'leaseBody'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined: nobody collects traces. */
  readonly tracer?: Tracer | undefined;
  readonly version: string;
  /** (Default: no page is at `/`) */
  readonly check?: RootPageOptions['check'];
  /** Bytes. */
  readonly maxBodyBytes: number;
  /** Clients come by TLS. (Default: false) */
  readonly isTls?: boolean;
  /** Tells whether Host and Origin are allowed. @throws Forbidden `host-not-allowed`, `origin-not-allowed` */
  readonly checkHost: (req: IncomingMessage) => void;
  /** Called with every request whose credential is good. */
  readonly recognise?: (req: IncomingMessage) => void;
  /** Called with every request that is refused. */
  readonly onRefused?: OnRefused;
  /** Notes requests that an outage of ours keeps from being served. */
  readonly unserved: Pick<RepeatedLog, 'note'>;
}

const NO_RESOURCE = 'no-such-resource';

/** The largest body of a route that anyone may call, in bytes: strangers may take neither memory nor time. */
const PUBLIC_BODY_BYTES = 4_096;

/** The largest body of other routes, in bytes: far more than the settings of a server need. Parsing JSON blocks the event loop. */
const BODY_BYTES = 1024 * 1024;

/** Makes the HTTP API: everything but the MCP endpoints. */
export function createApi(options: ApiOptions): RequestListener {
  const { routes, authenticate, register, clock, logger, version, maxBodyBytes, checkHost } = options;
  const { isTls = false, recognise, onRefused, tracer, unserved } = options;
  /** What is known of requests under way. */
  const known = new WeakMap<IncomingMessage, RefusedRequest>();
  const app = new Koa();
  const router = new Router();
  addDocs(router, version, routes);
  if (options.check !== undefined) addRootPage(router, { version, check: options.check });

  for (const route of routes) {
    const readBody = createBodyReader({ ...boundsOf(route), foreign: route.foreign });
    const template = pathTemplate(route.path);
    router[route.method](route.path, async (ctx) => {
      if (tracer !== undefined) traceRequest(tracer, ctx, route);
      noteRoute(ctx.res, template);
      const admitted = route.access === 'public' ? undefined : await admit(ctx, route);
      if (route.access !== 'public') checkQuery(ctx.URL.searchParams, route.query ?? {});
      // A server or key with a wrongly encoded name does not exist; the rest of the path is a tool's name, and is decoded as it is.
      for (const part of ctx.captures?.slice(1) ?? []) percentDecoded(part);
      const entered = route.access === 'public' ? route.enter?.(ctx.req) : undefined;
      if (entered !== undefined) ctx.res.once('close', () => entered[Symbol.dispose]());
      if (route.access === 'public' && route.maxBodyMs !== undefined) endLateBody(ctx.req, route.maxBodyMs);
      const abort = new AbortController();
      const leases: BodyLease[] = [];
      const leaseRoom = (of: Pick<Principal, 'key'>): BodyLease => {
        const lease = register.leaseBody(of);
        leases.push(lease);
        return lease;
      };
      ctx.res.once('close', () => {
        for (const lease of leases) lease.release();
        if (!ctx.res.writableFinished) abort.abort(new Invalid('client-closed', 'The client has left.'));
      });
      const { value: body, bytes: bodyBytes } = await readBody(ctx, admitted && leaseRoom(admitted));
      // A body may take minutes, and the key may have been revoked or narrowed meanwhile.
      const principal = route.access === 'public' || body === undefined ? admitted : await admit(ctx, route);
      const request: ApiRequest = {
        params: ctx.params,
        query: ctx.URL.searchParams,
        headers: ctx.req.headers,
        body,
        bodyBytes,
        context: contextOf(ctx, principal),
        signal: abort.signal,
        leaseRoom: () => leaseRoom(principal ?? { key: undefined }),
        response: ctx.res,
        problemOf: (error) => report(ctx, error).body,
      };
      if (route.access !== 'public' && route.isCall === true)
        known.set(ctx.req, { keyId: principal?.keyId, isCall: true });
      const answer =
        route.access === 'public' ? await route.handle(request) : await route.handle(request, principal as Principal);
      if (answer.revision !== undefined) ctx.set('etag', `"${answer.revision}"`);
      ctx.set(answer.headers ?? {});
      if (answer.open !== undefined) {
        ctx.status = 200;
        // To a HEAD, an answer without end would be written to nobody.
        if (ctx.method === 'HEAD') return;
        await answer.open(ctx.res);
        // Koa has nothing to add to what has begun.
        ctx.respond = false;
        return;
      }
      // Serialised here: Koa would do it outside its error handling.
      const text = answer.text ?? (answer.body && { type: 'json', content: JSON.stringify(answer.body) });
      ctx.status = answer.status ?? (text === undefined ? 204 : 200);
      if (text === undefined) return;
      ctx.type = text.type;
      ctx.body = text.content;
    });
  }

  function boundsOf({ access, maxBody }: Route): Pick<BodyReaderOptions, 'maxBytes' | 'bounds'> {
    if (maxBody === 'configured') return { maxBytes: maxBodyBytes, bounds: JSON_BOUNDS };
    return { maxBytes: maxBody ?? (access === 'public' ? PUBLIC_BODY_BYTES : BODY_BYTES), bounds: SETTINGS_BOUNDS };
  }

  async function admit(ctx: Context, route: ProtectedRoute): Promise<Principal> {
    const principal = await (route.authenticate ?? authenticate)(ctx.req.headers);
    checkSource(principal.key, addressOf(ctx.req));
    recognise?.(ctx.req);
    known.set(ctx.req, { keyId: principal.keyId, isCall: false });
    const accepted = [route.access].flat();
    if (accepted.some((scope) => principal.scopes.has(scope))) return principal;
    const [scope] = accepted;
    throw new Forbidden('insufficient-scope', `The key lacks the scope ${accepted.join(' or ')}.`, {
      data: { scope },
      keyId: principal.keyId,
    });
  }

  /** Logs what a request fails with, where that is worth a line, and makes the problem of it. */
  function report(ctx: Context, failure: unknown): ProblemAnswer {
    const requestId = requestIdIn(ctx);
    const error = fromRejection(failure);
    if (error instanceof AppError) onRefused?.(ctx.req, error, known.get(ctx.req) ?? { isCall: false });
    if (!(error instanceof AppError)) logger.error({ err: error, requestId }, 'a request failed on a bug');
    else if (error.kind === 'unavailable') {
      // What a server fails with is in the log of calls (failureLog.ts).
      const isOfServer = error.code.startsWith('upstream-');
      if (!isOfServer) unserved.note(error.code, () => ({ requestId, code: error.code, reason: error.message }));
    }
    return toProblem(error, requestId, clock());
  }

  app.use(async (ctx, next) => {
    ctx.set('cache-control', 'no-store');
    try {
      await next();
    } catch (failure) {
      const problem = report(ctx, failure);
      if (ctx.res.headersSent) {
        ctx.respond = false;
        ctx.res.destroy();
        return;
      }
      ctx.status = problem.status;
      ctx.body = problem.body;
      ctx.set(problem.headers);
      if (problem.body.code !== NO_RESOURCE) return;
      ctx.vary('Accept');
      if (!prefersHtml(ctx.req.headers.accept)) return;
      ctx.set('content-security-policy', PAGE_POLICY);
      ctx.type = 'html';
      ctx.body = NOTHING_HERE;
    }
  });
  app.use(async (ctx, next) => {
    checkRequestHead(ctx.req);
    checkHost(ctx.req);
    if (!URL.canParse(ctx.originalUrl, 'http://gateway')) {
      throw new Invalid('request-target-invalid', 'The request target is not a URL.');
    }
    await next();
  });
  app.use(
    cors({
      // One that checkHost allows: the answer may name it.
      origin: (ctx) => ctx.get('origin'),
      allowHeaders: [...ALLOWED_HEADERS],
      exposeHeaders: [...EXPOSED_HEADERS],
      maxAge: PREFLIGHT_MAX_AGE_S,
    }),
  );
  // Without TLS here, it is up to the reverse proxy in front, so no header here requires it.
  if (isTls) app.use(requireTlsOfBrowsers);
  // Pages of the gateway load nothing from other hosts.
  const directives = {
    upgradeInsecureRequests: null,
    fontSrc: ["'self'", 'data:'],
    styleSrc: ["'self'", "'unsafe-inline'"],
  };
  const contentSecurityPolicy = { directives };
  app.use(helmet({ contentSecurityPolicy, strictTransportSecurity: false }));
  app.use(async (ctx, next) => {
    await next();
    if (ctx.status === 405 || ctx.status === 501) {
      throw new Invalid('method-not-allowed', 'This resource does not take that method.');
    }
    if (ctx.status === 404) {
      throw new NotFound(NO_RESOURCE, 'There is nothing here. See /swagger-ui for what there is.');
    }
  });
  app.use(router.routes());
  // Answers OPTIONS, and sets `Allow` to the methods of a resource.
  app.use(router.allowedMethods());
  // Koa's own listener would write to stderr instead of the log.
  app.on('error', (error: unknown, ctx?: Context) => {
    // Node takes it from a request that is destroyed, and from an answer that is over.
    const socket = ctx?.res.socket;
    const hasLeft = ctx !== undefined && socket?.destroyed !== false;
    logger[hasLeft ? 'debug' : 'error']({ err: error, requestId: ctx && requestIdIn(ctx) }, 'an answer was not sent');
  });

  const handle = app.callback();
  return (req, res) => void handle(req, res);
}

/**
 * Has browsers come by TLS only, from now on (RFC 6797). Not where the gateway has a name of the machine itself, for that is the name
 * of all its other programs, too. What they may be on other names below this one is not for us to say.
 */
async function requireTlsOfBrowsers(ctx: Context, next: () => Promise<void>): Promise<void> {
  if (!/^(?:.*\.)?localhost$/i.test(ctx.hostname)) ctx.set('strict-transport-security', `max-age=${HSTS_S}`);
  await next();
}

/** A year, in seconds. */
const HSTS_S = 31_536_000;

/** Starts the span of a request; what it does names it as its parent (OpenTelemetry, Semantic conventions for HTTP spans). */
function traceRequest(tracer: Tracer, ctx: Context, { method, path }: Route): void {
  const span = tracer.start(`${method.toUpperCase()} ${path}`, {
    kind: 'server',
    parent: traceparentOf(undefined, ctx.get('traceparent')),
    attributes: { 'http.request.method': method.toUpperCase(), 'http.route': path },
  });
  ctx.state['traceparent'] = span.traceparent;
  ctx.res.once('close', () => {
    const status = ctx.res.statusCode;
    span.end(status >= 500 ? String(status) : undefined, { 'http.response.status_code': status });
  });
}

/** Ends the connection of a request whose body is late. */
function endLateBody(req: IncomingMessage, ms: number): void {
  const timer = setTimeout(() => {
    if (!req.complete) req.destroy();
  }, ms);
  req.once('close', () => clearTimeout(timer));
}

function requestIdIn({ res }: Context): string {
  return requestIdOf(res) ?? 'none';
}

function contextOf(ctx: Context, principal: Principal | undefined): ApiRequest['context'] {
  const requestId = requestIdIn(ctx);
  const traceparent =
    (ctx.state['traceparent'] as string | undefined) ?? traceparentOf(undefined, ctx.get('traceparent'));
  return {
    actor: principal === undefined ? 'system:api' : `key:${principal.keyId}`,
    correlationId: requestId,
    causationId: requestId,
    ...(traceparent !== undefined && { traceparent }),
  };
}
