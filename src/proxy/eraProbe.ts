import type { Era } from '../mcp/eras.ts';
import type { Eras } from '../upstream/eras.ts';
import type { Call } from './call.ts';
import type { OpenUpstream } from './openUpstream.ts';

/** Finds out whether the server of a call speaks the call's era, by speaking with it. Never throws; an outage tells nothing. */
export type EraProbe = (call: Pick<Call, 'server' | 'principal' | 'era' | 'via'>) => Promise<boolean | undefined>;

/** Servers are slow at their first start, but not slower than that, in milliseconds. */
const PROBE_MS = 60_000;

/** Makes what asks servers for their eras: each of them once at a time. */
export function createEraProbe(open: OpenUpstream, eras: Eras): EraProbe {
  const underWay = new Map<string, Promise<Era | undefined>>();

  async function ask({ server, principal, era, via }: Parameters<EraProbe>[0]): Promise<Era | undefined> {
    try {
      const signal = AbortSignal.timeout(PROBE_MS);
      const user = { principal, inSession: false };
      const upstream = await open({ server, client: { capabilities: {} }, user, era, via, signal });
      const { era: spoken } = upstream.facts;
      // A session that was begun to find out is ended without anybody waiting for it.
      void Promise.resolve(upstream[Symbol.asyncDispose]()).catch(() => undefined);
      return spoken;
    } catch {
      // The client gets to know what the server says to its own request.
      return undefined;
    }
  }

  return async (call) => {
    const known = eras.speaks(call.server, call.era);
    if (known !== undefined) return known;
    const name = `${call.server.name} ${String(call.server.revision)} ${call.principal.keyId} ${call.era}`;
    let asked = underWay.get(name);
    if (asked === undefined) {
      asked = ask(call).finally(() => underWay.delete(name));
      underWay.set(name, asked);
    }
    const spoken = await asked;
    return spoken && spoken === call.era;
  };
}
