import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Context } from 'koa';

/** Shorter files, in bytes, fit into one packet as they are. */
const MIN_GZIP_BYTES = 1_400;

interface Content {
  readonly plain: Buffer;
  readonly gzipped: Buffer | undefined;
  readonly etag: string;
}

/**
 * Makes a handler that answers with a file. The file is read and compressed once, when it is first asked for, and all answers
 * send the same bytes, however many there are at once.
 */
export function staticFile(type: string, read: () => Buffer | Promise<Buffer>): (ctx: Context) => Promise<void> {
  let content: Promise<Content> | undefined;

  async function load(): Promise<Content> {
    const plain = await read();
    const gzipped = plain.length < MIN_GZIP_BYTES ? undefined : await promisify(gzip)(plain);
    const smaller = gzipped !== undefined && gzipped.length < plain.length ? gzipped : undefined;
    return { plain, gzipped: smaller, etag: hash('sha256', plain, 'base64url').slice(0, 22) };
  }

  function loaded(): Promise<Content> {
    content ??= load().catch((error: unknown) => {
      // The next request tries again.
      content = undefined;
      throw error;
    });
    return content;
  }

  return async (ctx) => {
    const { plain, gzipped, etag } = await loaded();
    const body = gzipped !== undefined && ctx.acceptsEncodings('gzip', 'identity') === 'gzip' ? gzipped : plain;
    ctx.vary('Accept-Encoding');
    ctx.set('cache-control', 'public, max-age=3600');
    // One per representation (RFC 9110, 8.8.3.3).
    ctx.set('etag', body === plain ? `"${etag}"` : `"${etag}-gzip"`);
    ctx.status = 200;
    if (ctx.fresh) {
      ctx.status = 304;
      return;
    }
    ctx.type = type;
    if (body !== plain) ctx.set('content-encoding', 'gzip');
    ctx.body = body;
  };
}
