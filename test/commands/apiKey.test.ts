import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { apiKey, type ApiKeyCommand, type ApiKeyState } from '../../src/commands/apiKey.ts';
import { AppError } from '../../src/errors/appError.ts';
import type { ApiKeyEvent } from '../../src/events/apiKey.ts';
import { decisions } from './deciderSpec.ts';

const AT = Date.parse('2026-11-23T00:00:00Z');
const LATER = '2027-01-01T00:00:00.000Z';
const sealed = { dek: '0190a1b2-0000-7000-8000-000000000001', box: 'AAAA' };
const successorId = '0190a1b2-0000-7000-8000-000000000002';

const create = { type: 'Create', at: AT, name: 'ci', scopes: ['mcp'], grants: ['*'], sealed } satisfies ApiKeyCommand;
const created: ApiKeyEvent = { type: 'ApiKeyCreated', data: { name: 'ci', scopes: ['mcp'], grants: ['*'], sealed } };
const inactivated: ApiKeyEvent = { type: 'ApiKeyInactivated', data: { reason: 'lost' } };
const rotated: ApiKeyEvent = { type: 'ApiKeyRotated', data: { successorId, validUntil: LATER } };
const deleted: ApiKeyEvent = { type: 'ApiKeyDeleted', data: { dek: sealed.dek } };

const credential = {
  server: 'web',
  registeredAt: '2026-11-01T00:00:00.000Z',
  address: 'x',
  headers: ['Authorization'],
  env: [],
  sealed,
};
const credentialSet: ApiKeyEvent = { type: 'ApiKeyCredentialSet', data: { ...credential, reason: 'own account' } };

const given = decisions(apiKey);

describe('an API key', () => {
  it('is created with its access and its sealed secrets', () => {
    given()
      .when({ ...create, description: 'builds', expiresAt: LATER })
      .then({
        type: 'ApiKeyCreated',
        data: { ...created.data, description: 'builds', expiresAt: LATER },
      });
  });
  it('is created once: the same command again changes nothing, another one with its id is refused', () => {
    given(created).when(create).thenNothing();
    given(created)
      .when({ ...create, sealed: { ...sealed, box: 'BBBB' } })
      .thenRefused('key-exists');
  });
  it('is not created already expired', () => {
    given()
      .when({ ...create, expiresAt: '2026-11-22T00:00:00.000Z' })
      .thenRefused('expiry-in-past');
  });
  it('changes access and is rotated with a reason, which is no part of what it then is', () => {
    const access = { scopes: ['mcp' as const], grants: ['github'], expiresAt: undefined };
    const changed: ApiKeyEvent = { type: 'ApiKeyAccessChanged', data: { ...access, reason: 'narrower' } };
    given(created)
      .when({ type: 'ChangeAccess', at: 0, ...access, reason: 'narrower' })
      .then(changed);
    given(created, changed)
      .when({ type: 'ChangeAccess', at: 0, ...access, reason: 'other' })
      .thenNothing();
    const rotation = { successorId: '0190a1b2-0000-7000-8000-00000000000b', validUntil: '2026-11-23T00:00:00.000Z' };
    given(created)
      .when({ type: 'MarkRotated', ...rotation, reason: 'yearly' })
      .then({ type: 'ApiKeyRotated', data: { ...rotation, reason: 'yearly' } });
  });

  it('is inactivated and activated with a reason, and twice is once', () => {
    given(created).when({ type: 'Inactivate', reason: 'lost' }).then(inactivated);
    given(created, inactivated).when({ type: 'Inactivate', reason: 'again' }).thenNothing();
    given(created, inactivated)
      .when({ type: 'Activate', reason: 'found' })
      .then({ type: 'ApiKeyActivated', data: { reason: 'found' } });
    given(created).when({ type: 'Activate' }).thenNothing();
  });
  it('changes its access, unless it is the same in another order', () => {
    const access = { scopes: ['mcp', 'servers:read'], grants: ['github'], expiresAt: undefined } satisfies object;
    given(created)
      .when({ type: 'ChangeAccess', at: AT, scopes: ['mcp', 'servers:read'], grants: ['github'] })
      .then({ type: 'ApiKeyAccessChanged', data: access } as ApiKeyEvent);
    given(created, { type: 'ApiKeyAccessChanged', data: access } as ApiKeyEvent)
      .when({ type: 'ChangeAccess', at: AT, scopes: ['servers:read', 'mcp'], grants: ['github'] })
      .thenNothing();
  });
  it('is rotated once, to one successor, and only while active', () => {
    const rotate: ApiKeyCommand = { type: 'MarkRotated', successorId, validUntil: LATER };
    given(created).when(rotate).then(rotated);
    given(created, rotated).when(rotate).thenNothing();
    given(created, rotated)
      .when({ ...rotate, successorId: sealed.dek })
      .thenRefused('key-already-rotated');
    given(created, inactivated).when(rotate).thenRefused('key-inactive');
  });
  it('can be inactivated within the grace of its rotation', () => {
    given(created, rotated).when({ type: 'Inactivate', reason: 'lost' }).then(inactivated);
  });
  it('is deleted for good, and names the data key to shred', () => {
    given(created)
      .when({ type: 'Delete', reason: 'gone' })
      .then({ type: 'ApiKeyDeleted', data: { reason: 'gone', dek: sealed.dek } });
    given(created, deleted).when({ type: 'Delete' }).thenNothing();
    for (const command of [create, { type: 'Activate' }, { type: 'Inactivate' }] as ApiKeyCommand[]) {
      given(created, deleted).when(command).thenRefused('key-deleted');
    }
  });
  it('gets credentials of its own for a server, twice is once, and loses them', () => {
    const set: ApiKeyCommand = { type: 'SetCredential', ...credential, reason: 'own account' };
    given(created).when(set).then(credentialSet);
    given(created, credentialSet).when(set).thenNothing();
    const other = { ...credential, sealed: { ...sealed, box: 'BBBB' } };
    given(created, credentialSet)
      .when({ type: 'SetCredential', ...other })
      .then({ type: 'ApiKeyCredentialSet', data: { ...other, reason: undefined } });
    const removed: ApiKeyEvent = { type: 'ApiKeyCredentialRemoved', data: { server: 'web', reason: undefined } };
    given(created, credentialSet).when({ type: 'RemoveCredential', server: 'web' }).then(removed);
    given(created, credentialSet, removed).when({ type: 'RemoveCredential', server: 'web' }).thenNothing();
    given(created, credentialSet, rotated, inactivated).when({ type: 'RemoveCredential', server: 'web' }).then(removed);
  });
  it('keeps the credentials for other servers', () => {
    const others = ['a', 'constructor', 'z'].map((server): ApiKeyEvent => ({
      type: 'ApiKeyCredentialSet',
      data: { ...credential, server },
    }));
    const state = [created, credentialSet, ...others].reduce(apiKey.evolve, apiKey.initial);
    const without = apiKey.evolve(state, { type: 'ApiKeyCredentialRemoved', data: { server: 'constructor' } });
    expect(without).toMatchObject({ credentials: [{ server: 'a' }, { server: 'web' }, { server: 'z' }] });
  });
  it('has credentials for a bounded number of servers, and they are changed beyond it', () => {
    const many = Array.from({ length: 100 }, (_, n): ApiKeyEvent => ({
      type: 'ApiKeyCredentialSet',
      data: { ...credential, server: `s${n}` },
    }));
    given(created, ...many)
      .when({ type: 'SetCredential', ...credential })
      .thenRefused('too-many-credentials');
    const changed = { ...credential, server: 's7', address: 'y' };
    given(created, ...many)
      .when({ type: 'SetCredential', ...changed })
      .then({ type: 'ApiKeyCredentialSet', data: { ...changed, reason: undefined } });
  });
  it('gets no credentials before it is created, or when it is deleted', () => {
    const set: ApiKeyCommand = { type: 'SetCredential', ...credential };
    given().when(set).thenRefused('key-not-found');
    given(created, credentialSet, deleted).when(set).thenRefused('key-deleted');
    given(created, deleted).when({ type: 'RemoveCredential', server: 'web' }).thenRefused('key-deleted');
  });
  it('does not exist before it is created', () => {
    for (const type of ['Activate', 'Inactivate', 'Delete'] as const)
      given().when({ type }).thenRefused('key-not-found');
  });
});

const reason = fc.option(fc.string(), { nil: undefined });
const command: fc.Arbitrary<ApiKeyCommand> = fc.oneof(
  fc.constant(create),
  fc.record({ type: fc.constantFrom('Inactivate' as const, 'Activate' as const, 'Delete' as const), reason }),
  fc.record({
    type: fc.constant('ChangeAccess' as const),
    at: fc.constant(AT),
    scopes: fc.shuffledSubarray(['mcp' as const, 'keys:read' as const]),
    grants: fc.shuffledSubarray(['*', 'a', 'b:c*']),
    roles: fc.shuffledSubarray([
      { name: 'a', id: successorId },
      { name: 'b', id: sealed.dek },
    ]),
  }),
  fc.record({
    type: fc.constant('SetCredential' as const),
    ...Object.fromEntries(Object.entries(credential).map(([name, value]) => [name, fc.constant(value)])),
    server: fc.constantFrom('web', 'other'),
    address: fc.constantFrom('x', 'y'),
  }) as fc.Arbitrary<ApiKeyCommand>,
  fc.record({ type: fc.constant('RemoveCredential' as const), server: fc.constantFrom('web', 'other') }),
  fc.record({
    type: fc.constant('MarkRotated' as const),
    successorId: fc.constantFrom(successorId, sealed.dek),
    validUntil: fc.constant(LATER),
  }),
);

/** Decides and folds as the command handler does; a refusal leaves the state as it is. */
function apply(state: ApiKeyState, next: ApiKeyCommand): { state: ApiKeyState; events: readonly ApiKeyEvent[] } {
  try {
    const events = apiKey.decide(next, state);
    return { state: events.reduce(apiKey.evolve, state), events };
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return { state, events: [] };
  }
}

property.prop([fc.array(command), command])(
  'deciding twice decides nothing new [events-command-idempotent]',
  (history, last) => {
    const before = history.reduce<ApiKeyState>((state, next) => apply(state, next).state, apiKey.initial);
    expect(apply(apply(before, last).state, last).events).toEqual([]);
  },
);

property.prop([fc.array(command), fc.array(command)])('a deleted key stays deleted', (history, after) => {
  const run = (state: ApiKeyState, next: ApiKeyCommand) => apply(state, next).state;
  const gone = [...history, { type: 'Delete' } as const].reduce(run, apply(apiKey.initial, create).state);
  expect(gone.status).toBe('deleted');
  expect(after.reduce(run, gone)).toEqual(gone);
});
