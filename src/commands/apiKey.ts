import { NotFound, Refused } from '../errors/appError.ts';
import { canonicalJson } from '../events/canonicalJson.ts';
import type { ApiKeyEvent, Scope } from '../events/apiKey.ts';
import type { Sealed } from '../events/sealed.ts';
import type { Decider } from './decider.ts';

/** What a new key may do by default. */
export const DEFAULT_SCOPES: readonly Scope[] = ['mcp', 'servers:read'];
export const DEFAULT_GRANTS: readonly string[] = ['*'];

// Commands. `at` is the time of the command, in milliseconds since the epoch.

export interface Access {
  readonly scopes: readonly Scope[];
  readonly grants: readonly string[];
  /** RFC 3339 UTC; absent: never. */
  readonly expiresAt?: string | undefined;
}

export type ApiKeyCommand =
  | ({
      readonly type: 'Create';
      readonly at: number;
      readonly name: string;
      readonly description?: string | undefined;
      readonly rotatedFrom?: string | undefined;
      readonly sealed: Sealed;
    } & Access)
  | { readonly type: 'Inactivate'; readonly reason?: string | undefined }
  | { readonly type: 'Activate'; readonly reason?: string | undefined }
  | ({ readonly type: 'ChangeAccess'; readonly at: number; readonly reason?: string | undefined } & Access)
  | {
      readonly type: 'MarkRotated';
      readonly successorId: string;
      readonly validUntil: string;
      readonly reason?: string | undefined;
    }
  | { readonly type: 'Delete'; readonly reason?: string | undefined };

// State

export interface Rotation {
  readonly successorId: string;
  readonly validUntil: string;
}

interface Existing {
  readonly name: string;
  readonly description: string | undefined;
  readonly access: Access;
  readonly rotation: Rotation | undefined;
  readonly rotatedFrom: string | undefined;
  readonly sealed: Sealed;
}

export type ApiKeyState =
  | { readonly status: 'none' }
  | ({ readonly status: 'active' | 'inactive' } & Existing)
  | { readonly status: 'deleted' };

// Evolve

function evolve(state: ApiKeyState, event: ApiKeyEvent): ApiKeyState {
  if (event.type === 'ApiKeyCreated') {
    const { name, description, rotatedFrom, sealed, ...access } = event.data;
    return { status: 'active', name, description, access, rotation: undefined, rotatedFrom, sealed };
  }
  if (state.status === 'none' || state.status === 'deleted') return state;
  switch (event.type) {
    case 'ApiKeyInactivated':
      return { ...state, status: 'inactive' };
    case 'ApiKeyActivated':
      return { ...state, status: 'active' };
    case 'ApiKeyAccessChanged': {
      const { reason: _reason, ...access } = event.data;
      return { ...state, access };
    }
    case 'ApiKeyRotated': {
      const { reason: _reason, ...rotation } = event.data;
      return { ...state, rotation };
    }
    case 'ApiKeyDeleted':
      return { status: 'deleted' };
  }
}

// Decide

function decide(command: ApiKeyCommand, state: ApiKeyState): ApiKeyEvent[] {
  switch (command.type) {
    case 'Create': {
      if (state.status === 'deleted') throw keyDeleted();
      const { type: _type, at, ...created } = command;
      if (state.status !== 'none') {
        if (canonicalJson(state.sealed) === canonicalJson(created.sealed)) return [];
        throw new Refused('key-exists', 'A key with this id exists already.');
      }
      refusePastExpiry(command, at);
      return [{ type: 'ApiKeyCreated', data: { ...created, ...mutable(created) } }];
    }
    case 'Inactivate': {
      if (existingKey(state).status === 'inactive') return [];
      return [{ type: 'ApiKeyInactivated', data: { reason: command.reason } }];
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
    case 'MarkRotated': {
      const { status, rotation } = existingKey(state);
      const { successorId, validUntil, reason } = command;
      if (rotation?.successorId === successorId) return [];
      if (rotation !== undefined)
        throw new Refused('key-already-rotated', 'The key was rotated before.', { data: { ...rotation } });
      if (status === 'inactive')
        throw new Refused('key-inactive', 'An inactive key can’t be rotated; activate it first.');
      return [{ type: 'ApiKeyRotated', data: { successorId, validUntil, reason } }];
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
  if (state.status === 'none') throw new NotFound('key-not-found', 'There is no such key.');
  if (state.status === 'deleted') throw keyDeleted();
  return state;
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

function sorted({ scopes, grants, expiresAt }: Access): Access {
  return { scopes: scopes.toSorted(), grants: grants.toSorted(), expiresAt };
}

function mutable({ scopes, grants, expiresAt }: Access): {
  scopes: Scope[];
  grants: string[];
  expiresAt: string | undefined;
} {
  return { scopes: [...scopes], grants: [...grants], expiresAt };
}

/** What an API key may go through. docs/architecture.md, Write path. */
export const apiKey: Decider<ApiKeyState, ApiKeyCommand, ApiKeyEvent> = {
  category: 'apiKey',
  initial: { status: 'none' },
  stateVersion: 1,
  evolve,
  decide,
};
