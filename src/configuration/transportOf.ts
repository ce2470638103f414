/** Without a type, clients try Streamable HTTP first; but an address that is SSE’s by convention is SSE’s. */
export function transportOf(url: string, isHttp: boolean): 'http' | 'sse' {
  return !isHttp && /\/sse\/?(?:[?#].*)?$/.test(url) ? 'sse' : 'http';
}
