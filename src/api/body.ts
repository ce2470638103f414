import koaBody, { HttpMethodEnum } from 'koa-body';
import type { Context } from 'koa';
import type { BodyLease } from '../calls/bodyRoom.ts';
import { AppError, Invalid, Limited } from '../errors/appError.ts';
import { excerpt } from '../mcp/excerpt.ts';
import { parseForeignJson } from '../mcp/foreignJson.ts';
import { bodyTooCostly, findExcess, type JsonBounds } from '../mcp/jsonCost.ts';
import { isJsonObject } from '../mcp/jsonRpc.ts';
import { isUtf8 } from '../mcp/mediaTypes.ts';
import { streamBody } from './bodyStream.ts';
import { findRepeatedMember } from './repeatedMember.ts';

export interface BodyReaderOptions {
  readonly maxBytes: number;
  readonly bounds: JsonBounds;
  /** See Route. */
  readonly foreign: string | undefined;
}

/**
 * Reads the JSON body of a request.
 * @param lease the room that the body takes until its request has been answered; undefined for bodies that anyone may send
 * @throws Invalid `content-type-unsupported`, `content-encoding-unsupported`, `body-incomplete`, `json-malformed`, `json-too-deep`, `request-invalid`; Limited `body-too-large`, `json-too-costly`, `too-many-bodies`
 */
export type BodyReader = (ctx: Context, lease: BodyLease | undefined) => Promise<RequestBody>;

/** The body of a request. */
export interface RequestBody {
  /** Undefined when there is none. */
  readonly value: unknown;
  /** Its length. */
  readonly bytes: number;
}

const NO_BODY: RequestBody = { value: undefined, bytes: 0 };

/** What is read as JSON, as koa spells it: with RFC 6839's suffix, too. */
const JSON_TYPES = ['json', '+json'];

/**
 * Makes the reader of one route's bodies. koa-body reads bytes: its own parser would replace what is not UTF-8, change large
 * numbers, and take the last of repeated members. docs/adr/0022.
 */
export function createBodyReader({ maxBytes, bounds, foreign }: BodyReaderOptions): BodyReader {
  const readBytes = koaBody({
    json: false,
    urlencoded: false,
    multipart: false,
    text: true,
    textTypes: JSON_TYPES,
    textLimit: maxBytes,
    // Without an encoding, raw-body gives a Buffer.
    encoding: '',
    parsedMethods: Object.values(HttpMethodEnum),
    onError(error) {
      throw refusalOf(error, maxBytes);
    },
  });

  return async (ctx, lease) => {
    const { headers } = ctx.req;
    const declared = Number(headers['content-length'] ?? 0);
    if (declared === 0 && headers['transfer-encoding'] === undefined) return NO_BODY;
    checkType(ctx);
    // koa-body takes only 31 bits of the number.
    if (declared > maxBytes) throw tooLarge(maxBytes);
    // What koa-body touches of a context, no more: it is to read our stream, and to leave the bytes with nobody else.
    const request: { body?: Buffer } = {};
    const req = Object.assign(streamBody(ctx.req, { maxBytes, lease }), { headers: {} });
    const reading = { req, request, method: ctx.method, is: (types: string[]) => ctx.is(types) };
    await readBytes(reading as unknown as Context, () => Promise.resolve());
    const { body = Buffer.alloc(0) } = request;
    if (body.length === 0) return NO_BODY;
    return { value: parseBody(body, bounds, foreign), bytes: body.length };
  };
}

/** @throws Invalid `content-type-unsupported`, `content-encoding-unsupported` */
function checkType(ctx: Context): void {
  if (!ctx.is(JSON_TYPES) || !isUtf8(ctx.get('content-type'))) {
    throw new Invalid('content-type-unsupported', 'The body must be JSON, with Content-Type: application/json.');
  }
  const encoding = ctx.get('content-encoding');
  if (encoding !== '' && encoding.toLowerCase() !== 'identity') {
    throw new Invalid(
      'content-encoding-unsupported',
      'The body must not be compressed: send it without Content-Encoding.',
    );
  }
}

function parseBody(body: Buffer, bounds: JsonBounds, foreign: string | undefined): unknown {
  const excess = findExcess(body, bounds);
  if (excess !== undefined) throw bodyTooCostly(excess, bounds);
  const { text, value } = parse(body, foreign);
  const repeated = findRepeatedMember(text, foreign);
  if (repeated === undefined) return value;
  const path = excerpt(repeated.join('.'), []);
  const message = 'this member is there twice, and readers differ in which of them counts';
  throw new Invalid('request-invalid', `${path}: ${message}`, { data: { faults: [{ path, message }] } });
}

function parse(body: Buffer, foreign: string | undefined): { text: string; value: unknown } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const value = foreign === undefined ? undefined : parseForeignJson(text);
    // What is ours is checked, and so are numbers in it.
    const isTheirs = foreign !== undefined && isJsonObject(value) && isJsonObject(value[foreign]);
    return { text, value: isTheirs ? value : JSON.parse(text) };
  } catch {
    // The parser's own error quotes the body.
    throw new Invalid('json-malformed', 'The body is not JSON in UTF-8.');
  }
}

/** What koa-body throws: the stream's own error, or one of raw-body, which tells a body that is too large by its type. */
function refusalOf(error: Error, maxBytes: number): AppError {
  if (error instanceof AppError) return error;
  if ('type' in error && error.type === 'entity.too.large') return tooLarge(maxBytes);
  // The client left, which is no bug of ours.
  return new Invalid('body-incomplete', 'The body ended early.', { cause: error });
}

function tooLarge(maxBytes: number): Limited {
  return new Limited('body-too-large', `The body is larger than ${maxBytes} bytes.`, { data: { max_bytes: maxBytes } });
}
