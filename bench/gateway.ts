import { readSettings } from '../src/settings/settings.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type ServerSettings } from '../src/events/mcpServer.ts';
import { startGateway } from '../src/gateway.ts';
import { createLogger } from '../src/logging/logger.ts';
import { openStores } from '../src/stores/stores.ts';
import { answerUsage } from './measuredProcess.ts';

/** What the gateway's process says when it is ready. */
export interface GatewayReady {
  readonly url: string;
  readonly apiKey: string;
  readonly token: string;
  /** More keys, for what one key may not have so many of. */
  readonly apiKeys: readonly string[];
}

// The gateway as `npm start` runs it, with the reference server registered as `json` and as `sse`, those of SERVERS (names
// and URLs as JSON), the file of PROGRAM, which Node runs, as `shared` and as `session` (who shares a process), and keys.

const settings = { ...readSettings(), port: 0, logLevel: 'warn' };
const logger = createLogger(settings.logLevel);
const stores = await openStores({ settings, logger, applicationName: 'metamcp bench' });
const gateway = await startGateway({ settings, stores, logger });

const context = { actor: 'system:bench', correlationId: 'bench', causationId: 'bench' };
const upstream = process.env['UPSTREAM'] ?? '';
const others = JSON.parse(process.env['SERVERS'] ?? '{}') as Record<string, string>;
const program = process.env['PROGRAM'];

async function register(
  name: string,
  reached: Pick<ServerSettings, 'transport' | 'url' | 'command' | 'args'>,
  isolation: ServerSettings['isolation'] = 'session',
): Promise<void> {
  const limits = { ...DEFAULT_LIMITS, maxInFlight: 20_000 };
  const settings = { ...reached, isolation, limits, timeouts: DEFAULT_TIMEOUTS };
  await stores.servers.register(name, { settings, secrets: { headers: {}, env: {} } }, context);
}
for (const [name, url] of Object.entries({ json: `${upstream}/json`, sse: `${upstream}/sse`, ...others })) {
  await register(name, { transport: 'http', url });
}
if (program !== undefined) {
  for (const isolation of ['shared', 'session'] as const) {
    await register(isolation, { transport: 'stdio', command: process.execPath, args: [program] }, isolation);
  }
}
const { apiKey } = await stores.keys.create({ name: 'bench', scopes: ['mcp'], grants: ['*'] }, context);
const apiKeys: string[] = [];
for (let n = 0; n < 12; n += 1) {
  apiKeys.push((await stores.keys.create({ name: 'bench', scopes: ['mcp'], grants: ['*'] }, context)).apiKey);
}
const answer = await fetch(`${gateway.url}/api/v1/auth/token`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ api_key: apiKey }),
});
const { access_token: token } = (await answer.json()) as { access_token: string };

answerUsage({ url: gateway.url, apiKey, token, apiKeys } satisfies GatewayReady, async () => {
  await gateway[Symbol.asyncDispose]();
  await stores[Symbol.asyncDispose]();
});
