import type { Clock } from '../../clock.ts';
import type { Era } from '../../mcp/eras.ts';
import type { Upstream } from '../upstream.ts';
import { bridged } from './bridge.ts';
import { ParkedBudget } from './parkedBudget.ts';

/**
 * Gives an Upstream for the gateway itself, which looks at a server as clients of an era see it. It declares nothing, so the server
 * can't ask it for anything: no call of it ever waits for input, and one session is enough.
 */
export function bridgedForGateway(upstream: Upstream, era: Era, clock: Clock): Upstream {
  const never = (): never => {
    throw new TypeError('what declares nothing is asked for nothing');
  };
  return bridged(upstream, {
    era,
    client: { capabilities: {} },
    open: never,
    states: { seal: never, open: () => undefined },
    shared: new ParkedBudget(),
    key: 'gateway',
    clock,
  });
}
