import { createRequire } from 'node:module';
import { systemClock } from '../src/clock.ts';
import { readSettings } from '../src/settings/settings.ts';
import { scopeSchema } from '../src/events/apiKey.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type ServerSettings } from '../src/events/mcpServer.ts';
import { startGateway } from '../src/gateway.ts';
import { createLogger } from '../src/logging/logger.ts';
import { openStores } from '../src/stores/stores.ts';
import { openCertificate } from '../src/tls/certificate.ts';
import { createGatewayFetch } from '../src/tls/gatewayFetch.ts';
import { VERSION } from '../src/version.ts';
import { answerUsage } from './measuredProcess.ts';

/** What the gateway's process says when it is ready. */
export interface GatewayReady {
  readonly url: string;
  readonly apiKey: string;
  readonly token: string;
  /** More keys, for what one key may not have so many of. */
  readonly apiKeys: readonly string[];
  /** A key that may do everything. */
  readonly adminKey: string;
  /** Where METRICS_PORT in the environment has them. */
  readonly metricsUrl: string | undefined;
}

// The gateway as `npm start` runs it, with the reference server registered as `json` and as `sse`, those of SERVERS and of
// STREAMS (HTTP+SSE; names and URLs as JSON), those of PROGRAMS (names and command lines as JSON; one that is called `shared` has
// one process for all), and keys.

// As the launcher does.
(createRequire(import.meta.url)('../bin/inlining.cjs') as () => void)();

const read = readSettings();
const logLevel = process.env['LOG_LEVEL'] === undefined ? 'warn' : read.logLevel;
const settings = { ...read, port: 0, logLevel };
const logger = createLogger(settings.logLevel);
const { otlpEndpoint: endpoint, otlpHeaders: _, ...sampling } = read.tracing;
const tracer =
  endpoint === undefined
    ? undefined
    : (await import('../src/tracing/openTelemetry.ts')).openTracer({
        endpoint,
        headers: {},
        logger,
        version: VERSION,
        ...sampling,
      });
const stores = await openStores({ settings, logger, tracer, applicationName: 'metamcp bench' });
const { certFile, keyFile } = settings.tls;
const certificate =
  certFile === undefined || keyFile === undefined
    ? undefined
    : await openCertificate({ files: { certFile, keyFile }, clock: systemClock, logger });
const gateway = await startGateway({ settings, stores, logger, tracer, certificate });

const context = { actor: 'system:bench', correlationId: 'bench', causationId: 'bench' };
const upstream = process.env['UPSTREAM'] ?? '';
const others = JSON.parse(process.env['SERVERS'] ?? '{}') as Record<string, string>;
const common = {
  isolation: 'session',
  limits: { ...DEFAULT_LIMITS, maxInFlight: 20_000 },
  timeouts: DEFAULT_TIMEOUTS,
} as const;
const register = (name: string, settings: ServerSettings) =>
  stores.servers.register(name, { settings, secrets: { headers: {}, env: {} } }, context);
for (const [name, url] of Object.entries({ json: `${upstream}/json`, sse: `${upstream}/sse`, ...others })) {
  await register(name, { ...common, transport: 'http', url });
}
const streams = JSON.parse(process.env['STREAMS'] ?? '{}') as Record<string, string>;
for (const [name, url] of Object.entries(streams)) await register(name, { ...common, transport: 'sse', url });
const programs = JSON.parse(process.env['PROGRAMS'] ?? '{}') as Record<string, readonly string[]>;
for (const [name, [command = '', ...args]] of Object.entries(programs)) {
  const isolation = name === 'shared' ? 'shared' : common.isolation;
  await register(name, { ...common, isolation, transport: 'stdio', command, args });
}
const { apiKey } = await stores.keys.create({ name: 'bench', scopes: ['mcp'], grants: ['*'] }, context);
const apiKeys: string[] = [];
for (let n = 0; n < 12; n += 1) {
  apiKeys.push((await stores.keys.create({ name: 'bench', scopes: ['mcp'], grants: ['*'] }, context)).apiKey);
}
const { apiKey: adminKey } = await stores.keys.create(
  { name: 'bench', scopes: scopeSchema.options, grants: ['*'] },
  context,
);
const answer = await createGatewayFetch(settings.tls)(`${gateway.url}/api/v1/auth/token`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ api_key: apiKey }),
});
const { access_token: token } = (await answer.json()) as { access_token: string };

const { url, metricsUrl } = gateway;
answerUsage({ url, apiKey, token, apiKeys, adminKey, metricsUrl } satisfies GatewayReady, async () => {
  await gateway[Symbol.asyncDispose]();
  await stores[Symbol.asyncDispose]();
  await tracer?.[Symbol.asyncDispose]();
});
