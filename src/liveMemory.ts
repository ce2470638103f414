import { hostname } from 'node:os';
import { createAuthenticate } from './auth/authenticate.ts';
import { createKeyProof, type ProveKey } from './auth/keyProof.ts';
import type { Authenticate } from './auth/principal.ts';
import { createTokens, type Tokens } from './auth/tokens.ts';
import { steadyClock, type Clock } from './clock.ts';
import { openInvalidations, type Invalidations } from './live/invalidations.ts';
import { createLiveKeys, type LiveKeys } from './live/liveKeys.ts';
import type { LiveServers } from './live/liveServer.ts';
import { createLiveServers } from './live/liveServers.ts';
import type { Logger } from './logging/logger.ts';
import type { Counts } from './metrics/counts.ts';
import { onceBuilt } from './stores/readTables.ts';
import type { Stores } from './stores/stores.ts';

export interface LiveMemoryOptions {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of keys without limits of their own. */
  readonly standardLimits: readonly string[];
  /** Undefined: nobody asks for metrics. */
  readonly counts: Counts | undefined;
}

/** Who may come in, and with what. */
export interface Accept {
  readonly proveKey: ProveKey;
  readonly tokens: Tokens;
  readonly authenticate: Authenticate;
}

/** Keys and servers in memory, which changes of their tables keep true, and who is let in by them. */
export interface LiveMemory extends AsyncDisposable {
  readonly invalidations: Invalidations;
  readonly liveKeys: LiveKeys;
  readonly liveServers: LiveServers;
  readonly accept: Accept;
}

/** Opens the memory that calls are judged by. */
export function openLiveMemory(options: LiveMemoryOptions): LiveMemory {
  const { stores, clock, logger, standardLimits, counts } = options;
  const opened = new AsyncDisposableStack();
  const { db, vault, fingerprints, argon, projections } = stores;
  const invalidations = opened.use(
    openInvalidations({
      url: db.url,
      replica: `${hostname()}:${process.pid}`,
      logger,
      clock: steadyClock,
      onTakenIn: (ms) => counts?.noteTakenIn(ms),
    }),
  );
  const liveKeys = opened.use(
    onceBuilt(createLiveKeys({ db, vault, logger, invalidations, standardLimits }), projections),
  );
  const liveServers = opened.use(createLiveServers({ db, vault, invalidations, logger }));
  const proveKey = createKeyProof({ liveKeys, vault, fingerprints, argon, clock });
  const tokens = createTokens({ secrets: stores.tokenSecrets, clock });
  const authenticating = createAuthenticate({ liveKeys, proveKey, tokens, clock });
  const authenticate = counts?.authentications.counting(authenticating) ?? authenticating;
  return {
    invalidations,
    liveKeys,
    liveServers,
    accept: { proveKey, tokens, authenticate },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
