import { GATEWAY_HERE } from '../../src/cliName.ts';
import { z } from 'zod';
import { createSystemTokens } from '../../src/auth/systemTokens.ts';
import { systemClock } from '../../src/clock.ts';
import { Refused, Unavailable } from '../../src/errors/appError.ts';
import type { Settings } from '../../src/settings/settings.ts';
import type { Stores } from '../../src/stores/stores.ts';
import { createGatewayFetch } from '../../src/tls/gatewayFetch.ts';
import { storePlace } from '../stores/storePlace.ts';
import { innermost, untrustedAt } from './gatewayTrust.ts';
import { gatewayUrl } from './gatewayUrl.ts';
import { remedyFor } from './otherInstallation.ts';

/** How a gateway is called: by whoever has its stores. */
export interface GatewayAccess {
  readonly stores: Pick<Stores, 'tokenSecrets'>;
  readonly settings: Pick<Settings, 'host' | 'port' | 'tls' | 'databaseUrl' | 'home'>;
  readonly signal?: AbortSignal | undefined;
}

const problemSchema = z.object({ code: z.string(), detail: z.string().optional(), title: z.string().optional() });

/**
 * Sends a request to the running gateway, with a token that we sign ourselves. docs/adr/0012.
 * @throws Unavailable `gateway-unreachable`, `gateway-not-trusted`; Refused with the gateway's own code
 */
export async function callGateway(
  { stores, settings, signal }: GatewayAccess,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: object,
): Promise<Response> {
  const url = gatewayUrl(settings);
  const token = await createSystemTokens({ secrets: stores.tokenSecrets, clock: systemClock }).issue();
  let answer: Response;
  try {
    answer = await createGatewayFetch(settings.tls)(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
  } catch (cause) {
    signal?.throwIfAborted();
    const reason = innermost(cause);
    const untrusted = untrustedAt(url, cause);
    if (untrusted !== undefined) {
      const message = `${untrusted.detail} ${untrusted.remedy}`;
      throw new Unavailable('gateway-not-trusted', message, { cause: reason, data: { url } });
    }
    const message = `No gateway answers at ${url}: start it (${GATEWAY_HERE}), or set SERVER_HOST and SERVER_PORT.`;
    throw new Unavailable('gateway-unreachable', message, { cause: reason, data: { url } });
  }
  if (answer.ok) return answer;
  const problem = problemSchema.safeParse(await answer.json().catch(() => undefined)).data;
  if (problem === undefined || answer.status === 401) {
    const message = `What answers at ${url} is no gateway of this installation, which is ${storePlace(settings)}. ${remedyFor(settings)}`;
    throw new Unavailable('gateway-foreign', message, { data: { url, status: answer.status } });
  }
  throw new Refused(problem.code, problem.detail ?? problem.title ?? `It answered with ${String(answer.status)}.`);
}
