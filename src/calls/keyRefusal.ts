import { covers, type ToolGrant } from '../access/grants.ts';
import { keyExpired, keyRevoked, type LiveKey } from '../live/liveKey.ts';
import { Unauthorized, Unavailable } from '../errors/appError.ts';
import { credentialFor } from '../live/keyServer.ts';
import type { LiveServer } from '../live/liveServer.ts';
import type { RunningCall } from './runningCall.ts';

/**
 * Tells why a key may not begin a call, or not go on with it; undefined when it may.
 * @param grantAtBegin the key's grant for the server when it was admitted, by which its answers are filtered; undefined: it uses no server
 */
export function keyRefusal(
  key: LiveKey | undefined,
  call: RunningCall,
  nowMs: number,
  grantAtBegin: ToolGrant | undefined,
): Unauthorized | Unavailable | undefined {
  if (key === undefined || !key.active || key.validUntilMs <= nowMs) return keyRevoked();
  if (key.expiresAtMs <= nowMs) return keyExpired();
  if (call.server === undefined) return call.allows?.(key) === false ? accessChanged() : undefined;
  const grant = key.scopes.has('mcp') ? key.grants.forServer(call.server.name) : undefined;
  if (grant === undefined || call.allows?.(key) === false) return accessChanged();
  if (credentialFor(key.credentials, call.server)?.id !== call.server.credential) return credentialChanged(call.server);
  if (grant === 'all') return undefined;
  // What passes on more than calls of tools is filtered by the grant that it began with: not at all, if that was the whole server.
  if (!call.onlyTools && grantAtBegin !== undefined && !covers(grant, grantAtBegin)) return accessChanged();
  return call.tools.every(grant) ? undefined : accessChanged();
}

function credentialChanged({ name }: LiveServer): Unavailable {
  return new Unavailable(
    'credential-changed',
    `What the server "${name}" gets for this key alone has just been changed. Please try again.`,
    { data: { server: name } },
  );
}

function accessChanged(): Unauthorized {
  return new Unauthorized('key-access-changed', 'The API key may no longer use this. Repeat the request.');
}
