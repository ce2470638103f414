import type { AuthProvider } from '@modelcontextprotocol/client';
import { z } from 'zod';

/** A new token is obtained when this share of the lifetime is over: early enough for a slow call, rarely enough. */
const RENEW_AFTER = 0.8;

const REQUEST_TIMEOUT_MS = 10_000;

const tokenAnswer = z.object({
  access_token: z.string().min(1),
  token_type: z.literal('Bearer'),
  expires_in: z.number().positive(),
});

const problem = z.object({ error: z.string() });

/** A token of the gateway and how long it is good for, in seconds. */
export interface GatewayToken {
  readonly value: string;
  readonly expiresInSeconds: number;
}

/**
 * Exchanges an API key for a token.
 * @throws Error when the gateway can't be reached or refuses the key
 */
export async function obtainToken(gatewayUrl: URL, apiKey: string): Promise<GatewayToken> {
  const response = await fetch(new URL('api/v1/auth/token', gatewayUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ api_key: apiKey }),
    // The body is a secret: it goes to the gateway and nowhere else.
    redirect: 'error',
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new Error(`The gateway at ${gatewayUrl.href} can't be reached.`, { cause });
  });

  // Whatever stands in front of a gateway may answer with something that is not JSON.
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    const reason = problem.safeParse(body).data?.error ?? 'no reason given';
    throw new Error(`The gateway gave no token: ${reason} (HTTP ${response.status})`);
  }
  const answer = tokenAnswer.safeParse(body);
  if (!answer.success) throw new Error(`What answers at ${gatewayUrl.href} is not a MetaMCP gateway.`);
  return { value: answer.data.access_token, expiresInSeconds: answer.data.expires_in };
}

/**
 * Makes the SDK's authentication provider: it asks for a token before each request, and gets one that is still good.
 * @param nowMs a clock that only goes forward, in milliseconds (Default: performance.now)
 */
export function renewingToken(
  obtain: () => Promise<GatewayToken>,
  nowMs: () => number = () => performance.now(),
): AuthProvider {
  let current: { readonly value: string; readonly renewAtMs: number } | undefined;
  let renewal: Promise<string> | undefined;

  async function renew(): Promise<string> {
    const startedMs = nowMs();
    const { value, expiresInSeconds } = await obtain();
    current = { value, renewAtMs: startedMs + expiresInSeconds * 1_000 * RENEW_AFTER };
    return value;
  }

  return {
    async token() {
      if (current && nowMs() < current.renewAtMs) return current.value;
      // Requests that need a token at the same time wait for the same one.
      renewal ??= renew().finally(() => (renewal = undefined));
      return await renewal;
    },
    // The SDK calls this after a 401, and then sends the request once more with a new token.
    onUnauthorized() {
      current = undefined;
      return Promise.resolve();
    },
  };
}
