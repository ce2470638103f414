/** As many as the official TypeScript client follows; servers add or drop a trailing slash, and proxies a prefix. */
export const MAX_REDIRECTS = 5;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Where a redirect leads: to an address to send the request to again, or not, and `where` says what it points to. */
export type Redirect = { readonly follow: URL } | { readonly where: string };

/** Tells whether a status is a redirect (RFC 9110, 15.4). */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/**
 * Judges a redirect. One within the origin is followed when it keeps the method: 307 and 308 do, the others only a GET's
 * (RFC 9110, 15.4). Another origin must not get the configured credentials, nor decide what we connect to.
 * @param from the URL that answered
 * @param followed redirects that this request went through already
 */
export function judgeRedirect(
  { httpMethod, status, location }: { httpMethod: string; status: number; location: string | undefined },
  from: URL | undefined,
  followed: number,
): Redirect {
  const target = location ? parseTarget(location, from) : undefined;
  if (target === undefined) return { where: 'no usable address' };
  if (target.origin !== from?.origin) return { where: `another origin, ${target.origin}` };
  const keepsMethod = status === 307 || status === 308 || httpMethod === 'GET';
  if (!keepsMethod) return { where: `${target.pathname}, as to a page` };
  if (followed >= MAX_REDIRECTS) return { where: `${target.pathname}, after ${MAX_REDIRECTS} other redirects` };
  return { follow: target };
}

function parseTarget(location: string, from: URL | undefined): URL | undefined {
  return URL.canParse(location, from?.href) ? new URL(location, from) : undefined;
}
