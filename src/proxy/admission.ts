import type { IncomingMessage } from 'node:http';
import { serverForKey } from '../live/keyServer.ts';
import type { LiveServer } from '../live/liveServer.ts';
import type { Principal } from '../auth/principal.ts';
import { Forbidden, Invalid, NotFound, Unavailable, type AppError } from '../errors/appError.ts';
import { SERVER_NAME } from '../events/mcpServer.ts';
import { percentDecoded } from '../front/percentEncoding.ts';
import { isJsonRequest, readAccept } from '../mcp/mediaTypes.ts';

const PREFIX = '/mcp';

/** Where messages go both ways as lines. Its query names the server, or servers. */
export const LINES_PATH = '/api/v1/mcp/stream';

/** @throws Forbidden when the credential was not made for MCP */
export function checkScope(principal: Principal): void {
  if (!principal.scopes.has('mcp')) {
    const { keyId } = principal;
    const data = { scope: 'mcp' };
    throw new Forbidden('insufficient-scope', 'This credential lacks the scope "mcp".', { keyId, data });
  }
}

/**
 * Reads the server's name from a request target. One that is percent-encoded is decoded once, and what is no name then is none:
 * it never leads to another path.
 * @returns undefined where the path is that of all servers together
 * @throws NotFound when it is no name; Invalid when it is encoded wrongly
 */
export function serverNameOf(target: string): string | undefined {
  const query = target.indexOf('?');
  let path = query === -1 ? target : target.slice(0, query);
  if (path.endsWith('/')) path = path.slice(0, -1);
  if (path === PREFIX) return undefined;
  if (path === LINES_PATH) return serverInQuery(target.slice(path.length));
  const name = path.slice(PREFIX.length + 1);
  if (!name.includes('%')) return name;
  const decoded = percentDecoded(name);
  if (!SERVER_NAME.test(decoded)) throw serverNotFound();
  return decoded;
}

/** @throws Invalid where the query names a server and servers, or several, or something else */
function serverInQuery(query: string): string | undefined {
  const parameters = new URLSearchParams(query);
  const [name, ...others] = parameters.getAll('server');
  // What is misspelt does not name all servers.
  const isMisspelt = [...parameters.keys()].some((each) => each !== 'server' && each !== 'servers');
  if (name === undefined && !isMisspelt) return undefined;
  if (name === undefined || isMisspelt || others.length > 0 || parameters.has('servers')) {
    throw new Invalid('servers-invalid', 'Name one server as in ?server=github, or some as in ?servers=github,files.');
  }
  if (!SERVER_NAME.test(name)) throw serverNotFound();
  return name;
}

/** As `serverNameOf`, for a target that may have none: undefined then, too. */
export function serverNameIn(target: string): string | undefined {
  try {
    const name = serverNameOf(target);
    return name !== undefined && SERVER_NAME.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Takes a server that was looked up for a key with a grant for it, as that key reaches it. One that does not exist looks like one that is not granted;
 * one that is disabled is named as that, since its key may know of it.
 * @throws NotFound; Unavailable, also where the key has a credential of its own for the server and can't use it
 */
export function usableServer(server: LiveServer | undefined, { key }: Principal): LiveServer {
  if (server === undefined) throw serverNotFound();
  if (!server.enabled) throw new Unavailable('server-disabled', `The server "${server.name}" is disabled.`);
  return serverForKey(key?.credentials, server);
}

/** The answer for a server that does not exist as far as the key may know. */
export function serverNotFound(): AppError {
  return new NotFound(
    'server-not-found',
    'No such server. GET /api/v1/mcp/servers lists those that the key may use; /mcp serves all of them.',
  );
}

/** @throws Invalid when the method, or what is sent or expected, is not MCP's (MCP 2025-11-25, basic/transports) */
export function checkHttpMethod({ method, headers }: IncomingMessage): 'POST' | 'GET' | 'DELETE' {
  if (method === 'POST') {
    const accepted = readAccept(headers.accept);
    if (!accepted.json || !accepted.sse) {
      throw new Invalid('not-acceptable', 'The client must accept both application/json and text/event-stream.');
    }
    if (!isJsonRequest(headers['content-type']) || headers['content-encoding'] !== undefined) {
      throw new Invalid('unsupported-media-type', 'The body must be application/json, in UTF-8 and not compressed.');
    }
    return method;
  }
  if (method === 'GET') {
    if (readAccept(headers.accept).sse) return method;
    throw new Invalid('not-acceptable', 'The client must accept text/event-stream.');
  }
  if (method === 'DELETE') return method;
  throw new Invalid('method-not-allowed', 'Only POST, GET and DELETE are possible here.');
}
