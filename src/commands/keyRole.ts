import { NotFound, Refused } from '../errors/appError.ts';
import { canonicalJson } from '../events/canonicalJson.ts';
import type { Scope } from '../events/apiKey.ts';
import type { KeyRoleEvent, RoleSettings } from '../events/keyRole.ts';
import type { Decider } from './decider.ts';

// Commands

/** What a role is. */
export interface Role {
  readonly description?: string | undefined;
  readonly scopes: readonly Scope[];
  readonly grants: readonly string[];
}

export type KeyRoleCommand =
  | ({ readonly type: 'Create'; readonly id: string } & Role)
  | ({ readonly type: 'Change'; readonly reason?: string | undefined } & Role)
  | { readonly type: 'Delete'; readonly reason?: string | undefined };

// State

export type KeyRoleState =
  | { readonly status: 'none' }
  | { readonly status: 'active'; readonly id: string; readonly role: Role }
  | { readonly status: 'deleted' };

// Evolve

function evolve(state: KeyRoleState, event: KeyRoleEvent): KeyRoleState {
  if (event.type === 'KeyRoleCreated') {
    const { id, ...role } = event.data;
    return { status: 'active', id, role };
  }
  if (state.status !== 'active') return state;
  switch (event.type) {
    case 'KeyRoleChanged': {
      const { reason: _reason, ...role } = event.data;
      return { ...state, role };
    }
    case 'KeyRoleDeleted':
      return { status: 'deleted' };
  }
}

// Decide

function decide(command: KeyRoleCommand, state: KeyRoleState): KeyRoleEvent[] {
  switch (command.type) {
    case 'Create': {
      // A deleted role's name may be used again, by a role that no key has yet: its stream goes on.
      if (state.status === 'active') {
        if (isSame(state.role, command)) return [];
        throw new Refused('role-exists', 'A role with this name exists already: change it, or choose another name.');
      }
      return [{ type: 'KeyRoleCreated', data: { id: command.id, ...settingsOf(command) } }];
    }
    case 'Change': {
      if (isSame(existingRole(state).role, command)) return [];
      return [{ type: 'KeyRoleChanged', data: { ...settingsOf(command), reason: command.reason } }];
    }
    case 'Delete': {
      if (state.status === 'deleted') return [];
      existingRole(state);
      return [{ type: 'KeyRoleDeleted', data: { reason: command.reason } }];
    }
  }
}

/** @throws NotFound `role-not-found` */
export function existingRole(state: KeyRoleState, name?: string): Extract<KeyRoleState, { readonly id: string }> {
  if (state.status !== 'active') throw roleNotFound(name);
  return state;
}

/** Makes the refusal of a role that there is not. */
export function roleNotFound(name?: string): NotFound {
  const what = name === undefined ? 'There is no such role' : `There is no role "${name}"`;
  return new NotFound('role-not-found', `${what}. See: metamcp-cli roles list`);
}

function settingsOf({ description, scopes, grants }: Role): RoleSettings {
  return { ...(description !== undefined && { description }), scopes: [...scopes], grants: [...grants] };
}

function isSame(a: Role, b: Role): boolean {
  return canonicalJson(sorted(a)) === canonicalJson(sorted(b));
}

function sorted({ description, scopes, grants }: Role): Role {
  return { description, scopes: scopes.toSorted(), grants: grants.toSorted() };
}

/** What a role may go through. docs/adr/0032. */
export const keyRole: Decider<KeyRoleState, KeyRoleCommand, KeyRoleEvent> = {
  category: 'keyRole',
  initial: { status: 'none' },
  stateVersion: 1,
  evolve,
  decide,
};
