import { Unavailable } from '../../errors/appError.ts';
import { notMcp, type ServerLabel } from '../../mcp/failures.ts';

/** Endpoints are short; what is longer is no address. */
const MAX_CHARACTERS = 8_192;

/**
 * Reads where messages are to be posted, which an `endpoint` event names (MCP 2024-11-05, basic/transports, HTTP with SSE). The
 * configured headers go there, so that it must be of the stream's origin.
 * @param stream the URL of the stream, all redirects having been followed
 * @throws Unavailable `upstream-not-mcp`, `upstream-endpoint`
 */
export function endpointUrl(label: ServerLabel, stream: URL, text: string): URL {
  const { server } = label;
  const address = text.trim();
  const isAddress = address !== '' && address.length <= MAX_CHARACTERS && URL.canParse(address, stream.href);
  if (!isAddress) throw notMcp(label, 'names an endpoint for messages that is no address');
  const url = new URL(address, stream.href);
  url.hash = '';
  // The origin has none, and the HTTP client would send them in place of the configured ones.
  const hasCredentials = url.username !== '' || url.password !== '';
  if (url.origin === stream.origin && !hasCredentials) return url;
  const where = hasCredentials ? 'an address with credentials' : `another origin, ${originOf(url)}`;
  const message = `The server "${server}" wants its messages sent to ${where}, which is not done: have it name a path, or configure the URL of the origin that it names.`;
  throw new Unavailable('upstream-endpoint', message, { data: { server } });
}

function originOf(url: URL): string {
  return url.origin === 'null' ? url.protocol : url.origin;
}
