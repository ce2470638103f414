import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Authenticate, Principal } from '../auth/principal.ts';
import type { BodyLease } from '../calls/bodyRoom.ts';
import { Invalid } from '../errors/appError.ts';
import type { Scope } from '../events/apiKey.ts';
import type { CommandContext } from '../events/metadata.ts';
import { nearest } from '../nearest.ts';
import { plainFault } from '../plainFault.ts';
import type { Problem, ProblemStatus } from './problem.ts';
import type { QueryParameters } from './queryCheck.ts';
import { findReservedMember } from '../reservedMembers.ts';

/** A request as a handler sees it: read, bounded and authenticated. */
export interface ApiRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The JSON body; undefined when there is none. */
  readonly body: unknown;
  /** The length of the body. */
  readonly bodyBytes: number;
  /** Who a change is attributed to. */
  readonly context: CommandContext;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /** Leases room for data that is held until the request has been answered; the room is given back then. */
  readonly leaseRoom: () => BodyLease;
  /** The answer's way to the client, for what has to follow it. Only `Answer.open` writes to it. */
  readonly response: ServerResponse;
  /** Reports an error as any other, for an answer that has begun. */
  readonly problemOf: (error: unknown) => Problem;
}

/** What a handler answers. */
export interface Answer {
  /** (Default: 200, without a body 204) */
  readonly status?: number;
  /** Is sent as JSON. */
  readonly body?: object;
  /** Is sent as it is, instead of `body`. */
  readonly text?: { readonly type: string; readonly content: string };
  /** Writes an answer as it comes, instead of a body, and ends it itself. @throws AppError before it has written anything */
  readonly open?: (res: ServerResponse) => void | Promise<void>;
  /** The revision, for the `ETag`. */
  readonly revision?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

interface RouteBase {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** In the syntax of @koa/router: `/api/v1/keys/:id`. */
  readonly path: string;
  /** The largest body, in bytes; `configured` is the operator's bound. (Default: 4 KiB for anyone, 1 MiB for keys) */
  readonly maxBody?: 'configured' | number;
  /** A member of the body whose value belongs to an MCP server and is passed on unchecked: a tool's arguments. (Default: none) */
  readonly foreign?: string;
  /** What its handler fails with, besides what every route of its kind may (problemResponses.ts). (Default: nothing) */
  readonly fails?: readonly ProblemStatus[];
}

/** A route that anyone may call. */
export interface PublicRoute extends RouteBase {
  readonly access: 'public';
  /** Lets a request in before its body is read; the result is disposed of with the request. @throws Limited (Default: all may) */
  readonly enter?: (req: IncomingMessage) => Disposable;
  /** A body that has not come whole within it, in milliseconds, ends its connection. (Default: what the front allows) */
  readonly maxBodyMs?: number;
  handle(request: ApiRequest): Promise<Answer>;
}

/** A route for keys with a scope, or with any of several. */
export interface ProtectedRoute extends RouteBase {
  readonly access: Scope | readonly Scope[];
  /** (Default: the API's) */
  readonly authenticate?: Authenticate;
  /** Its handler makes a call, whose event has what it is refused for. (Default: false) */
  readonly isCall?: true;
  /** The parameters of its query; others are refused. (Default: none) */
  readonly query?: QueryParameters;
  handle(request: ApiRequest, principal: Principal): Promise<Answer>;
}

export type Route = PublicRoute | ProtectedRoute;

/** The path of a route as OpenAPI writes it: `/api/v1/keys/{id}`. */
export function pathTemplate(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

/** Faults that a refusal names at most: a request with more is something else altogether. */
const MAX_FAULTS = 20;

/** The longest path, and the longest message of a fault, in characters: both may quote the request. */
const MAX_FAULT_CHARACTERS = 200;

export interface ValidateOptions {
  /** What a message calls the value, where no member of it is at fault. (Default: 'The body') */
  readonly whole?: 'The body' | 'The query';
  /** A member whose value belongs to an MCP server: a tool's arguments. (Default: none) */
  readonly foreign?: string;
}

/**
 * Checks a value against a schema: a body, or what was read from a query.
 * @throws Invalid `request-invalid`, with the first fault's place and the first 20 faults as data
 */
export function validate<T>(
  schema: z.ZodType<T>,
  value: unknown,
  { whole = 'The body', foreign }: ValidateOptions = {},
): T {
  const reserved = findReservedMember(value, foreign)?.join('.');
  if (reserved !== undefined) {
    const message = 'there is no such member, and there can be none';
    throw new Invalid('request-invalid', `${shorten(reserved)}: ${message}`, {
      data: { faults: [{ path: shorten(reserved), message }] },
    });
  }
  const result = schema.safeParse(value, { error: plainFault });
  if (result.success) return result.data;
  const faults = result.error.issues
    .slice(0, MAX_FAULTS)
    .flatMap((issue) => faultsOf(issue, schema))
    .slice(0, MAX_FAULTS);
  const [first] = faults;
  const message =
    first === undefined || first.path === ''
      ? `${whole} ${first?.message ?? 'is not valid'}`
      : `${first.path}: ${first.message}`;
  throw new Invalid('request-invalid', message, { data: { faults } });
}

/** Checks the parameters of a query against a schema. @throws Invalid `request-invalid` */
export function validateQuery<T>(schema: z.ZodType<T>, parameters: unknown): T {
  return validate(schema, parameters, { whole: 'The query' });
}

interface Fault {
  readonly path: string;
  readonly message: string;
}

function faultsOf(issue: z.core.$ZodIssue, schema: z.ZodType): Fault[] {
  const fault = (path: readonly PropertyKey[], message: string) => ({
    path: shorten(path.map(String).join('.')),
    message: shorten(message),
  });
  if (issue.code !== 'unrecognized_keys') return [fault(issue.path, issue.message)];
  const known = issue.path.length === 0 && schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return issue.keys.map((name) => {
    const similar = nearest(name, known);
    const hint = similar === undefined ? '' : `; did you mean ${similar}?`;
    return fault([...issue.path, name], `there is no such member${hint}`);
  });
}

function shorten(text: string): string {
  return text.length <= MAX_FAULT_CHARACTERS ? text : `${text.slice(0, MAX_FAULT_CHARACTERS - 1)}…`;
}

/**
 * Reads `If-Match` (RFC 9110, 13.1.1): the revision of an `ETag`; none when it is absent or `*`.
 * @throws Invalid `if-match-invalid`
 */
export function ifMatch({ headers }: ApiRequest): { ifMatch?: number } {
  const value = headers['if-match'];
  if (value === undefined || value === '*') return {};
  const revision = /^"(\d{1,15})"$/.exec(value)?.[1];
  if (revision === undefined)
    throw new Invalid('if-match-invalid', 'If-Match takes the ETag of an earlier answer, or *.');
  return { ifMatch: Number(revision) };
}
