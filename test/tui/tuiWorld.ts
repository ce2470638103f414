import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readSettings, type Settings } from '../../src/settings/settings.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openStores, type Stores } from '../../src/stores/stores.ts';
import { openEventStoreUnderTest } from '../support/eventStoreUnderTest.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { memoryFolder } from '../support/memoryFolder.ts';

/** Stores of a test's own, for a TUI in another process and for this one. */
export interface TuiWorld extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  readonly home: string;
  readonly settings: Settings;
  readonly stores: Stores;
}

/** Opens stores on a database of their own. */
export async function openTuiWorld(more: Readonly<Record<string, string>> = {}): Promise<TuiWorld> {
  await using opened = new AsyncDisposableStack();
  const home = await mkdtemp(join(memoryFolder(), 'metamcp-tui-'));
  opened.defer(() => rm(home, { recursive: true, force: true }));
  const database = opened.use(await createTestDatabase());
  const eventStore = opened.use(await openEventStoreUnderTest());
  const secret = () => randomBytes(32).toString('base64');
  const env = {
    ...eventStore.env,
    METAMCP_HOME: home,
    DATABASE_URL: database.url,
    JWT_SECRET: secret(),
    ENCRYPTION_KEY: secret(),
    ...more,
  };
  const settings = readSettings({ env, cwd: home });
  const stores = opened.use(
    await openStores({
      settings,
      logger: createLogger('silent'),
      applicationName: 'tui test',
      events: eventStore.events,
    }),
  );
  await stores.projections.pump();
  const closing = opened.move();
  return { env, home, settings, stores, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

/** Who the tests' own commands are attributed to. */
export const ELSEWHERE = { actor: 'cli:someone@elsewhere', correlationId: 'test', causationId: 'test' };
