import { createHash } from 'node:crypto';
import type { Audience } from '../events/mcpCatalogue.ts';
import type { Era } from '../mcp/eras.ts';
import type { JsonObject } from '../mcp/jsonRpc.ts';
import { listCapabilities } from '../mcp/listCapabilities.ts';
import { keyOfCredential } from '../live/keyServer.ts';
import type { LiveServer } from '../live/liveServer.ts';
import { canonicalForeign } from '../mcp/canonicalItem.ts';

/**
 * Names the clients that are offered the same catalogue.
 * @param capabilities those that the client declares
 * @param key the id of the only key that it is for
 */
export function audienceOf(era: Era, capabilities: JsonObject, key?: string): Audience {
  const counted = listCapabilities(capabilities);
  const declaresNone = Object.keys(counted).length === 0;
  return {
    era,
    ...(!declaresNone && { capabilities: sha256(canonicalForeign(counted)) }),
    ...(key !== undefined && { key }),
  };
}

/** Names the clients that are offered the same catalogue of a server, as one key reaches it. */
export function audienceAt(
  { credential }: Pick<LiveServer, 'credential'>,
  era: Era,
  capabilities: JsonObject,
): Audience {
  return audienceOf(era, capabilities, credential === undefined ? undefined : keyOfCredential(credential));
}

/** The text by which an audience is found: the same for the same one, and for no other one. */
export function audienceId({ era, capabilities = '', key = '' }: Audience): string {
  return `${era}.${capabilities}.${key}`;
}

/** Reads what `audienceId` has written. */
export function audienceOfId(id: string): Audience {
  const [era = '', capabilities = '', key = ''] = id.split('.');
  return {
    era: era === 'modern' ? 'modern' : 'legacy',
    ...(capabilities !== '' && { capabilities }),
    ...(key !== '' && { key }),
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url');
}
