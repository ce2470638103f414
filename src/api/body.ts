import type { Context } from 'koa';
import type { BodyLease } from '../calls/callRegister.ts';
import { Invalid, Limited } from '../errors.ts';

/** Far more than people write, far less than what writes JSON, by recursion, can bear. */
const MAX_DEPTH = 1_000;

const [QUOTE, BACKSLASH, BRACKETS, BRACES] = [0x22, 0x5c, [0x5b, 0x5d], [0x7b, 0x7d]] as const;

export interface ReadJsonOptions {
  readonly maxBytes: number;
  /** The room that the body takes until its request has been answered; undefined for bodies that anyone may send, which are small. */
  readonly lease: BodyLease | undefined;
}

/**
 * Reads the JSON body of a request; undefined when there is none.
 * @throws Invalid `content-type-unsupported`, `body-incomplete`, `json-malformed`, `json-too-deep`; Limited `body-too-large`, `too-many-bodies`
 */
export async function readJson(ctx: Context, { maxBytes, lease }: ReadJsonOptions): Promise<unknown> {
  const { req } = ctx;
  const declared = Number(req.headers['content-length'] ?? 0);
  if (declared === 0 && req.headers['transfer-encoding'] === undefined) return undefined;
  if (!ctx.is('json', '+json')) {
    throw new Invalid('content-type-unsupported', 'The body must be JSON, with Content-Type: application/json.');
  }
  if (declared > maxBytes) throw tooLarge(maxBytes);
  const body = await readBytes(req, maxBytes, lease);
  if (body.length === 0) return undefined;
  if (nestsDeeperThan(MAX_DEPTH, body)) {
    throw new Invalid('json-too-deep', `The body nests deeper than ${MAX_DEPTH}.`, { data: { max_depth: MAX_DEPTH } });
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new Invalid('json-malformed', 'The body is not JSON in UTF-8.', { cause });
  }
}

async function readBytes(req: AsyncIterable<Buffer>, maxBytes: number, lease: BodyLease | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of req) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      lease?.grow(chunk.length);
      chunks.push(chunk);
    }
  } catch (cause) {
    // The client left, which is no bug of ours.
    throw cause instanceof Limited ? cause : new Invalid('body-incomplete', 'The body ended early.', { cause });
  }
  return Buffer.concat(chunks);
}

/** Counts open brackets, without recursion. Whether it is JSON at all, the parser will say. */
function nestsDeeperThan(bound: number, json: Buffer): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (inString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === BRACKETS[0] || byte === BRACES[0]) {
      depth += 1;
      if (depth > bound) return true;
    } else if (byte === BRACKETS[1] || byte === BRACES[1]) depth -= 1;
  }
  return false;
}

function tooLarge(maxBytes: number): Limited {
  return new Limited('body-too-large', `The body is larger than ${maxBytes} bytes.`, { data: { max_bytes: maxBytes } });
}
