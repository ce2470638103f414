import { Invalid } from '../errors/appError.ts';

/**
 * Decodes a part of a request's path, once (RFC 3986, 2.1).
 * @throws Invalid `request-target-invalid` where a percent sign begins no byte, or the bytes are not UTF-8
 */
export function percentDecoded(part: string): string {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    const message = 'The path has a percent sign that begins no UTF-8 character (RFC 3986, 2.1): write it as %25.';
    throw new Invalid('request-target-invalid', message);
  }
}
