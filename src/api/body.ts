import type { Context } from 'koa';
import { Invalid, Limited } from '../errors.ts';

/**
 * Reads the JSON body of a request; undefined when there is none.
 * @throws Invalid `content-type-unsupported`, `body-incomplete`, `json-malformed`; Limited `body-too-large`
 */
export async function readJson(ctx: Context, maxBytes: number): Promise<unknown> {
  const { req } = ctx;
  const declared = Number(req.headers['content-length'] ?? 0);
  if (declared === 0 && req.headers['transfer-encoding'] === undefined) return undefined;
  if (!ctx.is('json', '+json')) {
    throw new Invalid('content-type-unsupported', 'The body must be JSON, with Content-Type: application/json.');
  }
  if (declared > maxBytes) throw tooLarge(maxBytes);
  const body = await readBytes(req, maxBytes);
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new Invalid('json-malformed', 'The body is not JSON in UTF-8.', { cause });
  }
}

async function readBytes(req: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of req) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (cause) {
    // The client left, which is no bug of ours.
    throw cause instanceof Limited ? cause : new Invalid('body-incomplete', 'The body ended early.', { cause });
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): Limited {
  return new Limited('body-too-large', `The body is larger than ${maxBytes} bytes.`, { data: { max_bytes: maxBytes } });
}
