import { Invalid } from '../../errors/appError.ts';
import type { Call } from '../call.ts';

/** Reads what the token of a session with one server says: the id of its Upstream, and where that lives. */
export function idAndHome(text: string): { readonly id: string; readonly home: string } {
  const blank = text.indexOf(' ');
  return { id: text.slice(0, blank), home: text.slice(blank + 1) };
}

/** @throws Invalid when the client names no session (MCP 2025-11-25, basic/transports, "Session Management") */
export function sessionOf({ session }: Call): string {
  if (session !== undefined) return session.upstreamId;
  throw new Invalid(
    'session-required',
    'The request names no session: begin with "initialize", and send the Mcp-Session-Id of its answer with every request.',
  );
}
