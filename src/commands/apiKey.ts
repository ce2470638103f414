import { NotFound, Refused } from '../errors/appError.ts';
import { canonicalJson } from '../events/canonicalJson.ts';
import type { ApiKeyEvent, Scope } from '../events/apiKey.ts';
import type { HeldRole } from '../events/heldRole.ts';
import type { Sealed } from '../events/sealed.ts';
import type { Decider } from './decider.ts';

/** What a new key may do by default. */
export const DEFAULT_SCOPES: readonly Scope[] = ['mcp', 'servers:read'];
export const DEFAULT_GRANTS: readonly string[] = ['*'];

// Commands. `at` is the time of the command, in milliseconds since the epoch.

export interface Access {
  readonly scopes: readonly Scope[];
  readonly grants: readonly string[];
  /** What they give comes on top of scopes and grants; absent: none. */
  readonly roles?: readonly HeldRole[] | undefined;
  /** RFC 3339 UTC; absent: never. */
  readonly expiresAt?: string | undefined;
  /** As src/events/limit.ts reads them; absent: none. */
  readonly limits?: readonly string[] | undefined;
  /** That it may be used from; absent: any. */
  readonly networks?: readonly string[] | undefined;
}

/** What people find a key by. */
export interface Labels {
  /** Who answers for the key. */
  readonly owner?: string | undefined;
  /** As in team=search, sorted. */
  readonly tags: readonly string[];
}

export type ApiKeyCommand =
  | ({
      readonly type: 'Create';
      readonly at: number;
      readonly name: string;
      readonly description?: string | undefined;
      readonly rotatedFrom?: string | undefined;
      readonly sealed: Sealed;
    } & Access &
      Partial<Labels>)
  /** `leaked`: its secret was found in the open. That is noted of an inactive key, too, before somebody activates it. */
  | { readonly type: 'Inactivate'; readonly reason?: string | undefined; readonly leaked?: boolean }
  | { readonly type: 'Activate'; readonly reason?: string | undefined }
  | ({ readonly type: 'ChangeAccess'; readonly at: number; readonly reason?: string | undefined } & Access)
  | ({ readonly type: 'Label'; readonly reason?: string | undefined } & Labels)
  | {
      readonly type: 'MarkRotated';
      readonly successorId: string;
      readonly validUntil: string;
      readonly reason?: string | undefined;
    }
  | ({ readonly type: 'SetCredential'; readonly reason?: string | undefined } & Credential)
  | { readonly type: 'RemoveCredential'; readonly server: string; readonly reason?: string | undefined }
  | { readonly type: 'Delete'; readonly reason?: string | undefined };

// State

/** The headers and variables of its own that a key has for one server. */
export interface Credential {
  readonly server: string;
  /** Of the server, RFC 3339 UTC. */
  readonly registeredAt: string;
  /** Of the server (addressDigest). */
  readonly address: string;
  /** Names. */
  readonly headers: readonly string[];
  readonly env: readonly string[];
  readonly sealed: Sealed;
}

export interface Rotation {
  readonly successorId: string;
  readonly validUntil: string;
}

interface Existing {
  readonly name: string;
  readonly description: string | undefined;
  readonly access: Access;
  readonly labels: Labels;
  /** It was reported as leaked since it was activated. */
  readonly leaked: boolean;
  readonly rotation: Rotation | undefined;
  readonly rotatedFrom: string | undefined;
  readonly sealed: Sealed;
  /** One for each server that gets one, by name. */
  readonly credentials: readonly Credential[];
}

export type ApiKeyState =
  | { readonly status: 'none' }
  | ({ readonly status: 'active' | 'inactive' } & Existing)
  | { readonly status: 'deleted' };

// Evolve

function evolve(state: ApiKeyState, event: ApiKeyEvent): ApiKeyState {
  if (event.type === 'ApiKeyCreated') {
    const { name, description, owner, tags = [], rotatedFrom, sealed, ...access } = event.data;
    return {
      status: 'active',
      name,
      description,
      access,
      labels: { owner, tags },
      leaked: false,
      rotation: undefined,
      rotatedFrom,
      sealed,
      credentials: [],
    };
  }
  if (state.status === 'none' || state.status === 'deleted') return state;
  switch (event.type) {
    case 'ApiKeyInactivated':
      return { ...state, status: 'inactive', leaked: state.leaked || event.data.leaked === true };
    case 'ApiKeyActivated':
      return { ...state, status: 'active', leaked: false };
    case 'ApiKeyAccessChanged': {
      const { reason: _reason, ...access } = event.data;
      return { ...state, access };
    }
    case 'ApiKeyLabelled': {
      const { owner, tags } = event.data;
      return { ...state, labels: { owner, tags } };
    }
    case 'ApiKeyRotated': {
      const { reason: _reason, ...rotation } = event.data;
      return { ...state, rotation };
    }
    case 'ApiKeyCredentialSet': {
      const { reason: _reason, ...credential } = event.data;
      return { ...state, credentials: [...others(state, credential.server), credential].sort(byServer) };
    }
    case 'ApiKeyCredentialRemoved':
      return { ...state, credentials: others(state, event.data.server) };
    case 'ApiKeyDeleted':
      return { status: 'deleted' };
  }
}

function others({ credentials }: Pick<Existing, 'credentials'>, server: string): readonly Credential[] {
  return credentials.filter((credential) => credential.server !== server);
}

function byServer(a: Credential, b: Credential): number {
  return a.server < b.server ? -1 : 1;
}

// Decide

/** Servers for which one key may have credentials: all of them are in memory with the key. */
const MAX_CREDENTIALS = 100;

function decide(command: ApiKeyCommand, state: ApiKeyState): ApiKeyEvent[] {
  switch (command.type) {
    case 'Create': {
      if (state.status === 'deleted') throw keyDeleted();
      const { type: _type, at, owner, tags = [], ...rest } = command;
      const created = { ...rest, ...(owner !== undefined && { owner }), ...(tags.length > 0 && { tags: [...tags] }) };
      if (state.status !== 'none') {
        if (canonicalJson(state.sealed) === canonicalJson(created.sealed)) return [];
        throw new Refused('key-exists', 'A key with this id exists already.');
      }
      refusePastExpiry(command, at);
      return [{ type: 'ApiKeyCreated', data: { ...created, ...mutable(created) } }];
    }
    case 'Inactivate': {
      const { reason, leaked = false } = command;
      const existing = existingKey(state);
      if (existing.status === 'inactive' && (!leaked || existing.leaked)) return [];
      return [{ type: 'ApiKeyInactivated', data: { reason, ...(leaked && { leaked }) } }];
    }
    case 'Activate': {
      if (existingKey(state).status === 'active') return [];
      return [{ type: 'ApiKeyActivated', data: { reason: command.reason } }];
    }
    case 'ChangeAccess': {
      const next = mutable(command);
      if (sameAccess(existingKey(state).access, next)) return [];
      refusePastExpiry(command, command.at);
      return [{ type: 'ApiKeyAccessChanged', data: { ...next, reason: command.reason } }];
    }
    case 'Label': {
      const { owner, tags, reason } = command;
      const { labels } = existingKey(state);
      if (canonicalJson(labels) === canonicalJson({ owner, tags })) return [];
      return [{ type: 'ApiKeyLabelled', data: { owner, tags: [...tags], reason } }];
    }
    case 'MarkRotated': {
      const { status, rotation } = existingKey(state);
      const { successorId, validUntil, reason } = command;
      if (rotation?.successorId === successorId) return [];
      if (rotation !== undefined) throw keyAlreadyRotated(rotation);
      if (status === 'inactive')
        throw new Refused('key-inactive', 'An inactive key can’t be rotated; activate it first.');
      return [{ type: 'ApiKeyRotated', data: { successorId, validUntil, reason } }];
    }
    case 'SetCredential': {
      const existing = existingKey(state);
      const { type: _type, reason, headers, env, ...rest } = command;
      const credential = { ...rest, headers: [...headers], env: [...env] };
      // A box under another key would outlive the deletion of this one.
      if (credential.sealed.dek !== existing.sealed.dek) throw new TypeError('sealed under the key of another stream');
      const before = existing.credentials.find(({ server }) => server === credential.server);
      if (before !== undefined && canonicalJson(before) === canonicalJson(credential)) return [];
      if (before === undefined && existing.credentials.length >= MAX_CREDENTIALS) throw tooManyCredentials();
      return [{ type: 'ApiKeyCredentialSet', data: { ...credential, reason } }];
    }
    case 'RemoveCredential': {
      const { server, reason } = command;
      if (!existingKey(state).credentials.some((credential) => credential.server === server)) return [];
      return [{ type: 'ApiKeyCredentialRemoved', data: { server, reason } }];
    }
    case 'Delete': {
      if (state.status === 'deleted') return [];
      const { sealed } = existingKey(state);
      return [{ type: 'ApiKeyDeleted', data: { reason: command.reason, dek: sealed.dek } }];
    }
  }
}

/** @throws NotFound `key-not-found`; Refused `key-deleted` */
export function existingKey(state: ApiKeyState): Extract<ApiKeyState, Existing> {
  if (state.status === 'none')
    throw new NotFound('key-not-found', 'There is no such key. See: metamcp-cli keys list --include-inactive');
  if (state.status === 'deleted') throw keyDeleted();
  return state;
}

/** Makes the refusal of a key that has a successor. */
export function keyAlreadyRotated(rotation: Rotation): Refused {
  const { successorId } = rotation;
  const message = `The key was rotated before: its successor is ${successorId}. Should nobody have the secret of that, rotate it: metamcp-cli keys rotate ${successorId}`;
  return new Refused('key-already-rotated', message, { data: { ...rotation } });
}

function tooManyCredentials(): Refused {
  const message = `A key has credentials of its own for ${MAX_CREDENTIALS} servers at most; take one out first.`;
  return new Refused('too-many-credentials', message, { data: { max: MAX_CREDENTIALS } });
}

function keyDeleted(): Refused {
  return new Refused('key-deleted', 'The key was deleted. That is final.');
}

function refusePastExpiry({ expiresAt }: Access, at: number): void {
  if (expiresAt !== undefined && Date.parse(expiresAt) <= at) {
    throw new Refused('expiry-in-past', 'The expiry lies in the past.', { data: { expiresAt } });
  }
}

function sameAccess(a: Access, b: Access): boolean {
  return canonicalJson(sorted(a)) === canonicalJson(sorted(b));
}

function sorted({ scopes, grants, roles, expiresAt, limits, networks }: Access): Access {
  return {
    scopes: scopes.toSorted(),
    grants: grants.toSorted(),
    roles: roles?.toSorted((a, b) => (a.name < b.name ? -1 : 1)) ?? [],
    expiresAt,
    limits: limits?.toSorted() ?? [],
    networks: networks?.toSorted() ?? [],
  };
}

function mutable({ scopes, grants, roles = [], expiresAt, limits = [], networks = [] }: Access): {
  scopes: Scope[];
  grants: string[];
  roles: HeldRole[] | undefined;
  expiresAt: string | undefined;
  limits: string[] | undefined;
  networks: string[] | undefined;
} {
  return {
    scopes: [...scopes],
    grants: [...grants],
    expiresAt,
    roles: roles.length === 0 ? undefined : roles.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    // What there is none of is left out, as in events from before there were any.
    limits: limits.length === 0 ? undefined : [...limits],
    networks: networks.length === 0 ? undefined : [...networks],
  };
}

/** What an API key may go through. docs/architecture.md, Write path. */
export const apiKey: Decider<ApiKeyState, ApiKeyCommand, ApiKeyEvent> = {
  category: 'apiKey',
  initial: { status: 'none' },
  stateVersion: 4,
  evolve,
  decide,
};
