import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Authenticate, Principal } from '../auth/principal.ts';
import type { BodyLease } from '../calls/callRegister.ts';
import { Invalid } from '../errors/appError.ts';
import type { Scope } from '../events/apiKey.ts';
import type { CommandContext } from '../events/metadata.ts';
import { findReservedMember } from '../reservedMembers.ts';

/** A request as a handler sees it: read, bounded and authenticated. */
export interface ApiRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The JSON body; undefined when there is none. */
  readonly body: unknown;
  /** Who a change is attributed to. */
  readonly context: CommandContext;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /** Makes room for something that is held until the request has been answered, which is when it is given back. */
  readonly leaseRoom: () => BodyLease;
}

/** What a handler answers. */
export interface Answer {
  /** (Default: 200, without a body 204) */
  readonly status?: number;
  /** Is sent as JSON. */
  readonly body?: object;
  /** Is sent as it is, in place of `body`. */
  readonly text?: { readonly type: string; readonly content: string };
  /** Writes an answer that goes on, in place of a body, and ends it itself. It may still refuse. @throws AppError */
  readonly open?: (res: ServerResponse) => void;
  /** The revision, for the `ETag`. */
  readonly revision?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

interface RouteBase {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** As @koa/router spells it: `/api/v1/keys/:id`. */
  readonly path: string;
  /** The largest body, in bytes; `configured` is the operator's bound. (Default: 4 KiB for anyone, 1 MiB for keys) */
  readonly maxBody?: 'configured';
  /** A member of the body whose inside is somebody else's business: the arguments of a tool. (Default: none) */
  readonly foreign?: string;
}

/** A route that anyone may call. */
export interface PublicRoute extends RouteBase {
  readonly access: 'public';
  handle(request: ApiRequest): Promise<Answer>;
}

/** A route for keys with a scope, or with any of several. */
export interface ProtectedRoute extends RouteBase {
  readonly access: Scope | readonly Scope[];
  /** (Default: the API's) */
  readonly authenticate?: Authenticate;
  handle(request: ApiRequest, principal: Principal): Promise<Answer>;
}

export type Route = PublicRoute | ProtectedRoute;

/** So many faults of a request are told: who has more than these has sent something else altogether. */
const MAX_FAULTS = 20;

/** Characters that are told of a place, or of what is wrong there, which may quote the request. */
const MAX_FAULT_CHARACTERS = 200;

/**
 * Checks a value against a schema.
 * @param foreign a member whose inside is somebody else's business: the arguments of a tool
 * @throws Invalid `request-invalid`, with the first fault's place and the first 20 faults as data
 */
export function validate<T>(schema: z.ZodType<T>, value: unknown, foreign?: string): T {
  const reserved = findReservedMember(value, foreign)?.join('.');
  if (reserved !== undefined) {
    const message = 'there is no such member, and there can be none';
    throw new Invalid('request-invalid', `${cut(reserved)}: ${message}`, {
      data: { faults: [{ path: cut(reserved), message }] },
    });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues
    .slice(0, MAX_FAULTS)
    .map(({ path, message }) => ({ path: cut(path.map(String).join('.')), message: cut(message) }));
  const [first] = faults;
  const where = first === undefined || first.path === '' ? 'The request' : first.path;
  throw new Invalid('request-invalid', `${where}: ${first?.message ?? 'not valid'}`, { data: { faults } });
}

function cut(text: string): string {
  return text.length <= MAX_FAULT_CHARACTERS ? text : `${text.slice(0, MAX_FAULT_CHARACTERS - 1)}…`;
}

/** Reads `If-Match` (RFC 9110, 13.1.1): a revision as `ETag` gave it, or undefined when absent or `*`. */
export function ifMatch({ headers }: ApiRequest): { ifMatch?: number } {
  const given = headers['if-match'];
  if (given === undefined || given === '*') return {};
  const revision = /^"(\d{1,15})"$/.exec(given)?.[1];
  if (revision === undefined)
    throw new Invalid('if-match-invalid', 'If-Match takes the ETag of an earlier answer, or *.');
  return { ifMatch: Number(revision) };
}
