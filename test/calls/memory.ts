import { compileGrants } from '../../src/access/grants.ts';
import type { LiveKey } from '../../src/live/liveKey.ts';
import type { LiveKeys } from '../../src/live/liveKeys.ts';
import type { ChangeListener } from '../../src/live/memory.ts';
import type { LiveServer, LiveServers } from '../../src/live/liveServer.ts';
import type { Authenticate, Principal } from '../../src/auth/principal.ts';
import { createCallRegister, type CallRegister } from '../../src/calls/callRegister.ts';
import type { RunningCall } from '../../src/calls/runningCall.ts';
import { Unauthorized } from '../../src/errors/appError.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { createInvalidationsByHand } from '../live/invalidationsByHand.ts';

/** Keys in memory: the part of the read tables and of invalidations is played by `change`. */
export class MemoryKeys implements Pick<LiveKeys, 'find' | 'hold' | 'onChange'> {
  readonly holds: string[] = [];
  readonly #keys = new Map<string, LiveKey>();
  readonly #principals = new Map<string, Principal>();
  readonly #listeners = new Set<ChangeListener<string, LiveKey>>();
  /** What `find` answers in place of what is in memory. */
  reading: Promise<LiveKey | undefined> | undefined;

  add(
    token: string,
    options: { keyId?: string; grants?: readonly string[]; scopes?: Principal['scopes'] } = {},
  ): Principal {
    const { keyId = `key-of-${token}`, grants = ['*'], scopes = new Set(['mcp'] as const) } = options;
    const key: LiveKey = {
      id: keyId,
      name: 'test',
      revision: 0,
      active: true,
      scopes,
      grants: compileGrants(grants),
      roles: [],
      rolesAsOf: '',
      expiresAtMs: Infinity,
      validUntilMs: Infinity,
      sealed: { dek: '', box: '' },
    };
    const principal = { keyId, keyName: 'test', scopes, grants: key.grants, key };
    this.#keys.set(keyId, key);
    this.#principals.set(token, principal);
    return principal;
  }

  find(id: string): LiveKey | undefined | Promise<LiveKey | undefined> {
    return this.reading ?? this.#keys.get(id);
  }

  hold(id: string): () => void {
    this.holds.push(id);
    return () => this.holds.splice(this.holds.indexOf(id), 1);
  }

  onChange(listener: ChangeListener<string, LiveKey>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes a key as a notified read of the tables does; undefined: it is gone. */
  change({ keyId }: Pick<Principal, 'keyId'>, change: Partial<LiveKey> | undefined): void {
    const before = this.#keys.get(keyId);
    const after = change && before && { ...before, ...change, revision: before.revision + 1 };
    if (after === undefined) this.#keys.delete(keyId);
    else this.#keys.set(keyId, after);
    for (const [token, principal] of this.#principals) {
      if (principal.keyId !== keyId || after === undefined) continue;
      this.#principals.set(token, { ...principal, key: after, grants: after.grants, scopes: after.scopes });
    }
    for (const listener of this.#listeners) listener(keyId, after);
  }

  revoke(principal: Pick<Principal, 'keyId'>): void {
    this.change(principal, { active: false });
  }

  readonly authenticate: Authenticate = ({ authorization, 'x-api-key': key }) => {
    const token = authorization?.replace(/^Bearer /, '') ?? key;
    const principal = typeof token === 'string' ? this.#principals.get(token) : undefined;
    if (principal === undefined || this.#keys.get(principal.keyId)?.active !== true) {
      throw new Unauthorized('key-invalid', 'The key is not good.');
    }
    return principal;
  };
}

/** Servers in memory, with the invalidations' part played by `set` and `remove`. */
export class MemoryServers implements LiveServers {
  readonly holds: string[] = [];
  readonly #servers = new Map<string, LiveServer>();
  readonly #listeners = new Set<(name: string, server: LiveServer | undefined) => void>();
  /** What `find` answers in place of what is in memory. */
  reading: Promise<LiveServer | undefined> | undefined;

  names(): readonly string[] {
    return [...this.#servers.keys()].sort();
  }

  onNames(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  find(name: string): LiveServer | undefined | Promise<LiveServer | undefined> {
    return this.reading ?? this.#servers.get(name);
  }

  hold(name: string): () => void {
    this.holds.push(name);
    return () => this.holds.splice(this.holds.indexOf(name), 1);
  }

  onChange(listener: (name: string, server: LiveServer | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(name: string, url: string, changes: Partial<LiveServer> = {}): LiveServer {
    const server: LiveServer = {
      name,
      id: name,
      enabled: true,
      transport: 'http',
      url: new URL(url),
      headers: {},
      timeouts: DEFAULT_TIMEOUTS,
      limits: DEFAULT_LIMITS,
      revision: (this.#servers.get(name)?.revision ?? -1) + 1,
      ...changes,
    };
    this.#servers.set(name, server);
    for (const listener of this.#listeners) listener(name, server);
    return server;
  }

  remove(name: string): void {
    this.#servers.delete(name);
    for (const listener of this.#listeners) listener(name, undefined);
  }
}

/** Makes a call that does nothing but remember why it was cut. */
export function callOf(principal: Principal, server: LiveServer | undefined, ...tools: string[]) {
  const cuts: string[] = [];
  const call: RunningCall = {
    principal,
    server,
    tools,
    onlyTools: tools.length > 0,
    standing: false,
    cut: (reason) => cuts.push(`${reason.kind} ${reason.code}`),
  };
  return { call, cuts };
}

/** Makes a register over keys and servers in memory. */
export function memoryRegister(): CallRegister {
  return createCallRegister({
    invalidations: createInvalidationsByHand().invalidations,
    keys: new MemoryKeys(),
    servers: new MemoryServers(),
    clock: Date.now,
    steadyClock: Date.now,
    logger: createLogger('silent'),
  });
}
