import { createHash } from 'node:crypto';
import type { Audience } from '../events/mcpCatalogue.ts';
import type { Era } from '../mcp/eras.ts';
import type { JsonObject } from '../mcp/jsonRpc.ts';
import { canonicalForeign } from './canonicalItem.ts';

/**
 * Names the clients that are offered the same catalogue.
 * @param capabilities those that the client declares
 * @param key the id of the only key that it is for
 */
export function audienceOf(era: Era, capabilities: JsonObject, key?: string): Audience {
  const declaresNone = Object.keys(capabilities).length === 0;
  return {
    era,
    ...(!declaresNone && { capabilities: sha256(canonicalForeign(capabilities)) }),
    ...(key !== undefined && { key }),
  };
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
