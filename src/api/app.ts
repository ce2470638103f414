import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import cors from '@koa/cors';
import Router from '@koa/router';
import Koa, { type Context } from 'koa';
import helmet from 'koa-helmet';
import type { Authenticate, Principal } from '../auth/principal.ts';
import type { BodyLease, CallRegister } from '../calls/callRegister.ts';
import type { Clock } from '../clock.ts';
import { AppError, Forbidden, Invalid, NotFound } from '../errors/appError.ts';
import { percentDecoded } from '../front/percentEncoding.ts';
import { checkRequestHead } from '../front/requestHead.ts';
import type { Logger } from '../logging/logger.ts';
import { JSON_BOUNDS, SETTINGS_BOUNDS } from '../mcp/jsonCost.ts';
import { createBodyReader, type BodyReaderOptions } from './body.ts';
import { addDocs } from './docs.ts';
import { fromRejection } from '../postgres/rejection.ts';
import { toProblem } from './problem.ts';
import type { ApiRequest, ProtectedRoute, Route } from './route.ts';

export interface ApiOptions {
  readonly routes: readonly Route[];
  readonly authenticate: Authenticate;
  readonly register: Pick<CallRegister, 'leaseBody'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  /** Bytes. */
  readonly maxBodyBytes: number;
  /** Tells whether Host and Origin are allowed. @throws Forbidden `host-not-allowed`, `origin-not-allowed` */
  readonly checkHost: (headers: { host?: string | undefined; origin?: string | undefined }) => void;
  /** Gets every request with a good credential, */
  readonly recognise?: (req: IncomingMessage) => void;
  /** and every one that is refused. */
  readonly onRefused?: (req: IncomingMessage, error: AppError) => void;
}

/** The largest body of a route that anyone may call: what strangers send must cost neither memory nor time. */
const PUBLIC_BODY_BYTES = 4_096;

/** Far more than any settings need; parsing JSON holds everyone else up. */
const BODY_BYTES = 1024 * 1024;

/** Makes the HTTP API: everything but the MCP endpoints. */
export function createApi(options: ApiOptions): RequestListener {
  const { routes, authenticate, register, clock, logger, version, maxBodyBytes, checkHost } = options;
  const { recognise, onRefused } = options;
  const app = new Koa();
  const router = new Router();
  addDocs(router, version);

  for (const route of routes) {
    const readBody = createBodyReader({ ...boundsOf(route), foreign: route.foreign });
    router[route.method](route.path, async (ctx) => {
      const admitted = route.access === 'public' ? undefined : await admit(ctx, route);
      // Encoded wrongly, the name of a server or a key is none that exists; what follows it is somebody else's, and no other text.
      for (const part of ctx.captures?.slice(1) ?? []) percentDecoded(part);
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
      const body = await readBody(ctx, admitted && leaseRoom(admitted));
      // A body may take minutes, and the key may have been revoked or narrowed meanwhile.
      const principal = route.access === 'public' || body === undefined ? admitted : await admit(ctx, route);
      const request: ApiRequest = {
        params: ctx.params,
        query: ctx.URL.searchParams,
        headers: ctx.req.headers,
        body,
        context: contextOf(ctx, principal),
        signal: abort.signal,
        leaseRoom: () => leaseRoom(principal ?? { key: undefined }),
      };
      const answer =
        route.access === 'public' ? await route.handle(request) : await route.handle(request, principal as Principal);
      if (answer.revision !== undefined) ctx.set('etag', `"${answer.revision}"`);
      ctx.set(answer.headers ?? {});
      if (answer.open !== undefined) {
        ctx.status = 200;
        // Asked for the head alone, an answer that goes on would go on unseen.
        if (ctx.method === 'HEAD') return;
        answer.open(ctx.res);
        // Koa has nothing to add to what has begun.
        ctx.respond = false;
        return;
      }
      // Made here and not by Koa, past whose error handling a value that can’t be written would go.
      const text = answer.text ?? (answer.body && { type: 'json', content: JSON.stringify(answer.body) });
      ctx.status = answer.status ?? (text === undefined ? 204 : 200);
      if (text === undefined) return;
      ctx.type = text.type;
      ctx.body = text.content;
    });
  }

  function boundsOf({ access, maxBody }: Route): Pick<BodyReaderOptions, 'maxBytes' | 'bounds'> {
    if (maxBody === 'configured') return { maxBytes: maxBodyBytes, bounds: JSON_BOUNDS };
    return { maxBytes: access === 'public' ? PUBLIC_BODY_BYTES : BODY_BYTES, bounds: SETTINGS_BOUNDS };
  }

  async function admit(ctx: Context, route: ProtectedRoute): Promise<Principal> {
    const principal = await (route.authenticate ?? authenticate)(ctx.req.headers);
    recognise?.(ctx.req);
    const accepted = [route.access].flat();
    if (accepted.some((scope) => principal.scopes.has(scope))) return principal;
    const [scope] = accepted;
    throw new Forbidden('insufficient-scope', `The key lacks the scope ${accepted.join(' or ')}.`, {
      data: { scope },
      keyId: principal.keyId,
    });
  }

  app.use(async (ctx, next) => {
    const requestId = randomUUID();
    ctx.state['requestId'] = requestId;
    ctx.set('x-request-id', requestId);
    ctx.set('cache-control', 'no-store');
    try {
      await next();
    } catch (failure) {
      const error = fromRejection(failure);
      if (error instanceof AppError) onRefused?.(ctx.req, error);
      if (!(error instanceof AppError)) logger.error({ err: error, requestId }, 'a request failed on a bug');
      else if (error.kind === 'unavailable') {
        // As many lines as requests: an outage has a log of its own (outageLog.ts), and stacks are for who asks for them.
        logger.warn({ requestId, code: error.code, reason: error.message }, 'a request could not be served');
        logger.debug({ err: error, requestId }, 'a request could not be served');
      }
      const problem = toProblem(error, requestId, clock());
      ctx.status = problem.status;
      ctx.body = problem.body;
      ctx.set(problem.headers);
    }
  });
  app.use(async (ctx, next) => {
    checkRequestHead(ctx.req);
    checkHost(ctx.req.headers);
    if (!URL.canParse(ctx.originalUrl, 'http://gateway')) {
      throw new Invalid('request-target-invalid', 'The request target is not a URL.');
    }
    await next();
  });
  // checkHost has admitted the origin, so it may be echoed.
  app.use(
    cors({ exposeHeaders: ['Allow', 'ETag', 'Metamcp-Unconfirmed', 'Retry-After', 'X-Request-Id'], maxAge: 600 }),
  );
  // TLS is the business of whatever stands in front, so nothing here may insist on it.
  const contentSecurityPolicy = { directives: { upgradeInsecureRequests: null } };
  app.use(helmet({ contentSecurityPolicy, strictTransportSecurity: false }));
  app.use(async (ctx, next) => {
    await next();
    if (ctx.status === 405 || ctx.status === 501) {
      throw new Invalid('method-not-allowed', 'This resource does not take that method.');
    }
    if (ctx.status === 404) {
      throw new NotFound('no-such-resource', 'There is nothing here. See /swagger-ui for what there is.');
    }
  });
  app.use(router.routes());
  // Answers OPTIONS, and says in `Allow` what a resource does take.
  app.use(router.allowedMethods());
  // Koa's own listener would write to stderr past the logger.
  app.on('error', (error: unknown, ctx?: Context) => {
    const hasLeft = ctx?.socket.destroyed === true;
    logger[hasLeft ? 'debug' : 'error']({ err: error, requestId: ctx?.state['requestId'] }, 'an answer was not sent');
  });

  const handle = app.callback();
  return (req, res) => void handle(req, res);
}

function contextOf(ctx: Context, principal: Principal | undefined): ApiRequest['context'] {
  const requestId = String(ctx.state['requestId']);
  const traceparent = ctx.get('traceparent');
  return {
    actor: principal === undefined ? 'system:api' : `key:${principal.keyId}`,
    correlationId: requestId,
    causationId: requestId,
    ...(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent) ? { traceparent } : {}),
  };
}
