import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readSettings, type Settings } from '../../src/settings/settings.ts';
import { scopeSchema } from '../../src/events/apiKey.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type Limits, type Timeouts } from '../../src/events/mcpServer.ts';
import { startGateway } from '../../src/gateway.ts';
import type { Gateway } from '../../src/runningGateway.ts';
import type { LogDestination } from '../../src/logging/logDestination.ts';
import { createLogger, type Logger } from '../../src/logging/logger.ts';
import { openStores, type Stores } from '../../src/stores/stores.ts';
import type { Certificate } from '../../src/tls/certificate.ts';
import { openEventStoreUnderTest } from './eventStoreUnderTest.ts';
import { createTestDatabase } from './testDatabase.ts';

/** A gateway as users run it, on a database of its own, with shortcuts to the commands that tests need. */
export interface TestGateway extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, without a path. */
  readonly url: string;
  /** Where its metrics are read, with METRICS_PORT; else ''. */
  readonly metricsUrl: string;
  /** The state folder. */
  readonly home: string;
  readonly settings: Settings;
  readonly stores: Stores;
  /** Registers an MCP server that speaks Streamable HTTP. */
  addServer(
    name: string,
    url: string,
    headers?: Record<string, string>,
    timeouts?: Partial<Timeouts>,
    limits?: Partial<Limits>,
  ): Promise<void>;
  createKey(options?: {
    scopes?: string[];
    grants?: string[];
    /** Milliseconds. */
    expiresIn?: number;
    limits?: string[];
    networks?: string[];
  }): Promise<{ id: string; apiKey: string }>;
  /** Exchanges a key for a token. */
  token(apiKey: string): Promise<string>;
  /** Stops the gateway and starts it anew on the same stores and port. */
  restart(): Promise<void>;
}

export interface TestGatewayOptions {
  /** Settings as environment variables, over the test's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** (Default: one that writes errors to stderr) */
  readonly logger?: Logger;
  /** (Default: none, and it speaks plain HTTP) */
  readonly certificate?: Certificate;
  /** Where the log of calls goes. (Default: there is none) */
  readonly accessLines?: LogDestination;
}

/** Who the tests' commands are attributed to. */
export const TEST_CONTEXT = { actor: 'system:test', correlationId: 'test', causationId: 'test' };

/** Starts a gateway on a free port. */
export async function startTestGateway({
  env = {},
  logger: given,
  certificate,
  accessLines,
}: TestGatewayOptions = {}): Promise<TestGateway> {
  await using opened = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'metamcp-gateway-'));
  opened.defer(() => rm(home, { recursive: true, force: true }));
  const database = opened.use(await createTestDatabase());
  const eventStore = opened.use(await openEventStoreUnderTest());
  const variables = {
    METAMCP_HOME: home,
    DATABASE_URL: database.url,
    JWT_SECRET: randomBytes(32).toString('base64'),
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    SERVER_PORT: '0',
    LOG_LEVEL: 'error',
    ...eventStore.env,
    ...env,
  };
  const settings = readSettings({ env: variables, cwd: home });
  const logger = given ?? createLogger(settings.logLevel);
  const stores = opened.use(
    await openStores({ settings, logger, applicationName: 'metamcp test gateway', events: eventStore.events }),
  );
  let gateway: Gateway = await startGateway({ settings, stores, logger, certificate, accessLines });
  opened.defer(() => gateway[Symbol.asyncDispose]());
  const { url } = gateway;
  const closing = opened.move();

  return {
    url,
    get metricsUrl() {
      return gateway.metricsUrl ?? '';
    },
    home,
    settings,
    stores,
    async addServer(name, serverUrl, headers = {}, timeouts = {}, limits = {}) {
      await stores.servers.register(
        name,
        {
          settings: {
            transport: 'http',
            url: serverUrl,
            isolation: 'session',
            limits: { ...DEFAULT_LIMITS, ...limits },
            timeouts: { ...DEFAULT_TIMEOUTS, ...timeouts },
          },
          secrets: { headers, env: {} },
        },
        TEST_CONTEXT,
      );
    },
    async createKey({ scopes = ['mcp', 'servers:read'], grants = ['*'], expiresIn, limits, networks } = {}) {
      const expiresAt = expiresIn === undefined ? undefined : new Date(Date.now() + expiresIn).toISOString();
      const access = { scopes: scopes.map((scope) => scopeSchema.parse(scope)), grants, expiresAt, limits, networks };
      const { id, apiKey } = await stores.keys.create({ name: 'test', ...access }, TEST_CONTEXT);
      return { id, apiKey };
    },
    async token(apiKey) {
      const answer = await fetch(`${url}/api/v1/auth/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ api_key: apiKey }),
      });
      return z.object({ access_token: z.string() }).parse(await answer.json()).access_token;
    },
    async restart() {
      await gateway[Symbol.asyncDispose]();
      gateway = await startGateway({
        settings: { ...settings, port: Number(new URL(url).port) },
        stores,
        logger,
        certificate,
      });
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
