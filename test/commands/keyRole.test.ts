import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { keyRole, type KeyRoleCommand, type KeyRoleState } from '../../src/commands/keyRole.ts';
import { AppError } from '../../src/errors/appError.ts';
import type { KeyRoleEvent } from '../../src/events/keyRole.ts';
import { decisions } from './deciderSpec.ts';

const [ID, OTHER_ID] = ['0190a1b2-0000-7000-8000-000000000001', '0190a1b2-0000-7000-8000-000000000002'];
const role = { scopes: ['mcp' as const], grants: ['github', 'jira:search_*'] };
const created: KeyRoleEvent = { type: 'KeyRoleCreated', data: { id: ID, ...role } };
const deleted: KeyRoleEvent = { type: 'KeyRoleDeleted', data: {} };

const given = decisions(keyRole);

describe('a role', () => {
  it('is created once: creating it twice changes nothing, another one of its name is refused [auth-roles]', () => {
    given()
      .when({ type: 'Create', id: ID, ...role })
      .then(created);
    given(created)
      .when({ type: 'Create', id: OTHER_ID, ...role, grants: role.grants.toReversed() })
      .thenNothing();
    given(created)
      .when({ type: 'Create', id: OTHER_ID, ...role, grants: ['*'] })
      .thenRefused('role-exists');
  });
  it('is changed as a whole, with a reason that is no part of it, and not when only the order differs [auth-roles]', () => {
    const next = { ...role, description: 'all of it', grants: ['*'] };
    const changed: KeyRoleEvent = { type: 'KeyRoleChanged', data: { ...next, reason: 'wider' } };
    given(created)
      .when({ type: 'Change', ...next, reason: 'wider' })
      .then(changed);
    given(created, changed)
      .when({ type: 'Change', ...next, reason: 'other' })
      .thenNothing();
    given(created)
      .when({ type: 'Change', ...role, grants: role.grants.toReversed() })
      .thenNothing();
  });
  it('gives its name to another role once it is deleted [auth-roles-bound]', () => {
    given(created, deleted)
      .when({ type: 'Create', id: OTHER_ID, ...role })
      .then({ type: 'KeyRoleCreated', data: { id: OTHER_ID, ...role } });
  });
  it('does not exist before it is created and after it is deleted', () => {
    given()
      .when({ type: 'Change', ...role })
      .thenRefused('role-not-found');
    given().when({ type: 'Delete' }).thenRefused('role-not-found');
    given(created, deleted)
      .when({ type: 'Change', ...role })
      .thenRefused('role-not-found');
    given(created, deleted).when({ type: 'Delete' }).thenNothing();
  });
});

const settings = {
  scopes: fc.shuffledSubarray(['mcp' as const, 'keys:read' as const]),
  grants: fc.shuffledSubarray(['*', 'a', 'b:c*']),
};
const command: fc.Arbitrary<KeyRoleCommand> = fc.oneof(
  fc.record({ type: fc.constant('Create' as const), id: fc.constantFrom(ID, OTHER_ID), ...settings }),
  fc.record({
    type: fc.constant('Change' as const),
    description: fc.constantFrom(undefined, 'd'),
    reason: fc.constantFrom(undefined, 'r'),
    ...settings,
  }),
  fc.record({ type: fc.constant('Delete' as const) }),
);

function apply(state: KeyRoleState, next: KeyRoleCommand) {
  try {
    const events = keyRole.decide(next, state);
    return { state: events.reduce(keyRole.evolve, state), events };
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return { state, events: [] };
  }
}

property.prop([fc.array(command), command])(
  'deciding twice decides nothing new [events-command-idempotent]',
  (history, last) => {
    const before = history.reduce<KeyRoleState>((state, next) => apply(state, next).state, keyRole.initial);
    expect(apply(apply(before, last).state, last).events).toEqual([]);
  },
);

property.prop([fc.array(command)])('a change leaves the role the same one [auth-roles-bound]', (history) => {
  let state: KeyRoleState = keyRole.initial;
  for (const next of history) {
    const before = state;
    state = apply(before, next).state;
    if (before.status === 'active' && state.status === 'active') expect(state.id).toBe(before.id);
  }
});
