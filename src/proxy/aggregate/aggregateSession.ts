import { randomUUID } from 'node:crypto';
import { Invalid } from '../../errors/appError.ts';
import { LEGACY_VERSIONS } from '../../mcp/eras.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import type { ClientFacts } from '../../upstream/upstream.ts';
import type { ClientOfServer } from '../openUpstream.ts';

/** A legacy session of the aggregate: all of it is in its token, so that any replica can take it up. */
export interface AggregateSession {
  readonly id: string;
  /** Where it began (Peers.here): what can't be made anew of the token is there. */
  readonly home: string;
  readonly protocolVersion: string;
  readonly client: ClientOfServer;
}

/** Characters of what a session says of its client and its home; it goes with every request, in a header. */
const MAX_CHARACTERS = 4_096;

/** Begins a session, of what `initialize` says. @throws Invalid when that is too long to be carried along */
export function beginSession(params: unknown, home: string): AggregateSession {
  const member = (name: string): JsonObject | undefined => {
    const value = isJsonObject(params) ? params[name] : undefined;
    return isJsonObject(value) ? value : undefined;
  };
  const { name, version } = member('clientInfo') ?? {};
  const clientInfo = typeof name === 'string' && typeof version === 'string' ? { name, version } : undefined;
  const client = { capabilities: member('capabilities') ?? {}, ...(clientInfo && { clientInfo }) };
  const requested = isJsonObject(params) ? params['protocolVersion'] : undefined;
  const protocolVersion = LEGACY_VERSIONS.find((known) => known === requested) ?? LEGACY_VERSIONS[0];
  const session = { id: randomUUID(), home, protocolVersion, client };
  if (writeSession(session).length > MAX_CHARACTERS) {
    const message = `"capabilities" and "clientInfo" are longer than ${String(MAX_CHARACTERS)} characters together.`;
    throw new Invalid('client-too-long', message);
  }
  return session;
}

/** Writes a session for its token. */
export function writeSession({ id, home, protocolVersion, client }: AggregateSession): string {
  return JSON.stringify([id, home, protocolVersion, client.capabilities, client.clientInfo ?? null]);
}

/** Reads what `writeSession` wrote; the token's seal has proved that it did. */
export function readSession(text: string): AggregateSession {
  const [id, home, protocolVersion, capabilities, clientInfo] = JSON.parse(text) as [
    string,
    string,
    string,
    JsonObject,
    ClientFacts['clientInfo'] | null,
  ];
  return { id, home, protocolVersion, client: { capabilities, ...(clientInfo && { clientInfo }) } };
}
