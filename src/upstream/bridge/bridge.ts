import type { Era } from '../../mcp/eras.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import type { Upstream } from '../upstream.ts';
import { asLegacy } from './asLegacy.ts';
import { asModern, type AsModernOptions } from './asModern.ts';

export interface BridgeOptions extends Omit<AsModernOptions, 'label' | 'first'> {
  /** The client's. */
  readonly era: Era;
  /** What a legacy client has declared. */
  readonly client: { readonly capabilities: JsonObject };
}

/** Gives an Upstream in the era of a client, whatever the server speaks. */
export function bridged(upstream: Upstream, { era, client, ...options }: BridgeOptions): Upstream {
  if (upstream.facts.era === era) return upstream;
  if (era === 'legacy') return asLegacy(upstream, client);
  const { server, secrets } = upstream;
  return asModern({ ...options, label: { server, secrets }, first: upstream });
}
