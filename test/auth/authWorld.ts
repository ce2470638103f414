import { randomBytes, randomUUID } from 'node:crypto';
import { vi } from 'vitest';
import { createArgon, type Argon } from '../../src/auth/argon.ts';
import { createAuthenticate } from '../../src/auth/authenticate.ts';
import { createIssueToken } from '../../src/auth/issueToken.ts';
import { createFingerprints } from '../../src/auth/fingerprint.ts';
import { makeApiKey, type ApiKey } from '../../src/auth/keyFormat.ts';
import { createKeyProof } from '../../src/auth/keyProof.ts';
import { createLiveKeys } from '../../src/live/liveKeys.ts';
import { parseMasterKeys } from '../../src/vault/masterKey.ts';
import { createTokens } from '../../src/auth/tokens.ts';
import { parseTokenSecrets } from '../../src/auth/tokenSecret.ts';
import { createVault } from '../../src/vault/vault.ts';
import { isoTime, systemClock } from '../../src/clock.ts';
import { apiKeyStream } from '../../src/events/streamName.ts';
import type { Json, JsonObject, RecordedEvent } from '../../src/events/eventStore.ts';
import { mcpServerStream } from '../../src/events/mcpServer.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { apiKeys } from '../../src/projections/tables/apiKeysProjection.ts';
import { openInvalidations, type Invalidations } from '../../src/live/invalidations.ts';
import { invalidationOf, notifyInvalidation } from '../../src/projections/tables/invalidation.ts';
import { openConfirmations } from '../../src/live/confirmations.ts';
import { mcpServers } from '../../src/projections/tables/mcpServersProjection.ts';
import { shredding } from '../../src/vault/shredding.ts';
import { createCallRegister } from '../../src/calls/callRegister.ts';
import { MemoryServers } from '../calls/memory.ts';
import { createTestDatabase } from '../support/testDatabase.ts';

/** As cheap as Argon2 allows. */
const CHEAP = { memoryKib: 8, passes: 1, lanes: 1 };

export interface AuthWorldOptions {
  /** (Default: a real one) */
  readonly invalidations?: Pick<Invalidations, 'trusted' | 'onInvalidation' | 'onLapse'>;
  /** Stands before the real Argon2. */
  readonly verify?: (argon: Argon) => Argon['verify'];
  readonly capacity?: number;
}

/** All of authentication over a real PostgreSQL, with time in the test's hand. */
export async function openAuthWorld({ invalidations: given, verify, capacity }: AuthWorldOptions = {}) {
  const stack = new AsyncDisposableStack();
  const { db, url } = stack.use(await createTestDatabase());
  const logger = createLogger('silent');
  const vault = createVault({ db, masterKeys: parseMasterKeys(randomBytes(32).toString('hex')) });
  const fingerprints = createFingerprints(await vault.systemKey('fingerprint'));
  const argon = createArgon({ parameters: CHEAP });
  const counts = { argon: 0 };
  const time = { nowMs: Date.UTC(2026, 10, 23, 12) };
  const clock = () => time.nowMs;
  const invalidations = given ?? stack.use(openInvalidations({ url, replica: 'test', logger, clock: systemClock }));
  await vi.waitUntil(() => invalidations.trusted);
  const confirmations = stack.use(openConfirmations({ url }));
  const liveKeys = stack.use(
    createLiveKeys({ db, vault, logger, invalidations, ...(capacity === undefined ? {} : { capacity }) }),
  );
  const servers = new MemoryServers();
  const register = stack.use(
    createCallRegister({ keys: liveKeys, servers, invalidations, clock, steadyClock: clock, logger }),
  );
  const tokens = createTokens({ secrets: parseTokenSecrets(randomBytes(32).toString('hex')), clock });
  const proveKey = createKeyProof({
    liveKeys,
    vault,
    fingerprints,
    clock,
    argon: {
      verify(phc, secret) {
        counts.argon += 1;
        return (verify?.(argon) ?? argon.verify)(phc, secret);
      },
    },
  });

  const revisions = new Map<string, number>();
  let position = 0n;

  /** Projects an event and notifies, as the runner does; answers when every replica has taken it in. */
  async function project(stream: string, type: string, data: JsonObject): Promise<void> {
    position += 1n;
    const revision = (revisions.get(stream) ?? -1) + 1;
    revisions.set(stream, revision);
    const rest = { schema: 1, at: isoTime(time.nowMs), actor: 'cli:test@test', correlationId: 'c', causationId: 'c' };
    const metadata = { ...rest, prev: '', hash: '' };
    const event: RecordedEvent = { stream, revision, position, id: randomUUID(), type, data, metadata };
    await db.transaction(async (tx) => {
      for (const { on } of [apiKeys, mcpServers, shredding]) await on[type]?.(tx, [event]);
      await notifyInvalidation(tx, invalidationOf([event]));
    });
    const { unconfirmed } = await confirmations.waitFor(5_000);
    if (unconfirmed.length > 0) throw new Error('the invalidations were not confirmed');
  }

  async function createKey(access: Record<string, Json> = {}): Promise<ApiKey & { readonly dek: string }> {
    const key = makeApiKey(randomUUID(), randomBytes(32));
    const stream = apiKeyStream(key.id);
    const dek = await vault.createDek(stream);
    const secrets = { fingerprint: fingerprints.of(key.secret), hash: await argon.hash(key.secret) };
    const sealed = await vault.seal(dek, stream, secrets);
    await project(stream, 'ApiKeyCreated', { name: 'test key', scopes: ['mcp'], grants: ['*'], sealed, ...access });
    return { ...key, dek };
  }

  return {
    db,
    url,
    vault,
    invalidations,
    logger,
    time,
    counts,
    tokens,
    liveKeys,
    servers,
    register,
    createKey,
    changeKey: (id: string, type: string, data: JsonObject = {}) => project(apiKeyStream(id), type, data),
    changeServer: (name: string, type: string, data: JsonObject = {}) => project(mcpServerStream(name), type, data),
    authenticate: createAuthenticate({ liveKeys, proveKey, tokens, clock }),
    issueToken: createIssueToken({ proveKey, tokens }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export type AuthWorld = Awaited<ReturnType<typeof openAuthWorld>>;
