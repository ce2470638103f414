import { steadyClock } from '../../clock.ts';
import type { Era } from '../../mcp/eras.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import type { Upstream } from '../upstream.ts';
import { asLegacy } from './asLegacy.ts';
import { asModern, type AsModernOptions } from './asModern.ts';
import { ParkedBudget } from './parkedBudget.ts';

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

/**
 * Gives an Upstream in an era for the gateway itself, which only reads what servers offer. It declares no capabilities, so no server
 * asks it for anything, and no call is parked.
 * @param era undefined: the server's
 */
export function bridgedForNobody(upstream: Upstream, era: Era | undefined): Upstream {
  return bridged(upstream, {
    era: era ?? upstream.facts.era,
    client: { capabilities: {} },
    open: () => Promise.reject(new TypeError('the gateway declares nothing')),
    states: { seal: () => '', open: () => undefined },
    shared: new ParkedBudget({ perKey: 0 }),
    key: '',
    clock: steadyClock,
  });
}
