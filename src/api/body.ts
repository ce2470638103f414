import type { Context } from 'koa';
import type { BodyLease } from '../calls/callRegister.ts';
import { Invalid, Limited } from '../errors/appError.ts';
import { GrowingBuffer } from '../growingBuffer.ts';
import { excerpt } from '../mcp/excerpt.ts';
import { findRepeatedMember } from './repeatedMember.ts';
import { parseForeignJson } from '../mcp/foreignJson.ts';
import { isJsonObject } from '../mcp/jsonRpc.ts';
import { bodyTooCostly, findExcess, type JsonBounds } from '../mcp/jsonCost.ts';

export interface ReadJsonOptions {
  readonly maxBytes: number;
  readonly bounds: JsonBounds;
  /** The room that the body takes until its request has been answered; undefined for bodies that anyone may send, which are small. */
  readonly lease: BodyLease | undefined;
  /** See Route. */
  readonly foreign: string | undefined;
}

/**
 * Reads the JSON body of a request; undefined when there is none.
 * @throws Invalid `content-type-unsupported`, `body-incomplete`, `json-malformed`, `json-too-deep`, `request-invalid`; Limited `body-too-large`, `json-too-costly`, `too-many-bodies`
 */
export async function readJson(ctx: Context, options: ReadJsonOptions): Promise<unknown> {
  const { maxBytes, bounds, lease, foreign } = options;
  const { req } = ctx;
  const declared = Number(req.headers['content-length'] ?? 0);
  if (declared === 0 && req.headers['transfer-encoding'] === undefined) return undefined;
  if (!ctx.is('json', '+json')) {
    throw new Invalid('content-type-unsupported', 'The body must be JSON, with Content-Type: application/json.');
  }
  if (declared > maxBytes) throw tooLarge(maxBytes);
  const body = await readBytes(req, maxBytes, lease);
  if (body.length === 0) return undefined;
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

async function readBytes(req: AsyncIterable<Buffer>, maxBytes: number, lease: BodyLease | undefined): Promise<Buffer> {
  const body = new GrowingBuffer();
  try {
    for await (const chunk of req) {
      if (body.length + chunk.length > maxBytes) throw tooLarge(maxBytes);
      lease?.grow(chunk.length);
      body.add(chunk);
    }
  } catch (cause) {
    // The client left, which is no bug of ours.
    throw cause instanceof Limited ? cause : new Invalid('body-incomplete', 'The body ended early.', { cause });
  }
  return body.take();
}

function tooLarge(maxBytes: number): Limited {
  return new Limited('body-too-large', `The body is larger than ${maxBytes} bytes.`, { data: { max_bytes: maxBytes } });
}
