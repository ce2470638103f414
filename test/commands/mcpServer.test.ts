import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { mcpServer, type McpServerCommand, type McpServerState } from '../../src/commands/mcpServer.ts';
import { AppError } from '../../src/errors/appError.ts';
import {
  DEFAULT_LIMITS,
  DEFAULT_TIMEOUTS,
  type McpServerEvent,
  type ServerSettings,
} from '../../src/events/mcpServer.ts';
import { decisions } from './deciderSpec.ts';

const dek = (n: number) => `0190a1b2-0000-7000-8000-00000000000${n}`;
const settings: ServerSettings = {
  transport: 'http',
  url: 'http://127.0.0.1:9/mcp',
  isolation: 'session',
  limits: DEFAULT_LIMITS,
  timeouts: DEFAULT_TIMEOUTS,
};
const sealedWith = (n: number): ServerSettings => ({ ...settings, sealed: { dek: dek(n), box: 'AAAA' } });
const registered: McpServerEvent = { type: 'McpServerRegistered', data: settings };
const deleted: McpServerEvent = { type: 'McpServerDeleted', data: { deks: [] } };

const given = decisions(mcpServer);

describe('an MCP server', () => {
  it('is registered once: registering it twice changes nothing, other settings are refused [events-server-name-identity]', () => {
    given().when({ type: 'Register', settings }).then(registered);
    given(registered)
      .when({ type: 'Register', settings: { ...settings, title: undefined } })
      .thenNothing();
    given(registered)
      .when({ type: 'Register', settings: { ...settings, title: 'T' } })
      .thenRefused('server-exists');
  });
  it('can be registered anew after it was deleted [events-server-name-identity]', () => {
    given(registered, deleted).when({ type: 'Register', settings }).then(registered);
  });
  it('needs the address of its transport and no other', () => {
    const { url: _url, ...bare } = settings;
    given().when({ type: 'Register', settings: bare }).thenRefused('server-url-required');
    given()
      .when({ type: 'Register', settings: { ...settings, command: 'sh' } })
      .thenRefused('server-command-unexpected');
    given()
      .when({ type: 'Register', settings: { ...bare, transport: 'stdio' } })
      .thenRefused('server-command-required');
    given()
      .when({ type: 'Register', settings: { ...settings, transport: 'stdio', command: 'sh' } })
      .thenRefused('server-url-unexpected');
    given(registered).when({ type: 'Update', settings: bare }).thenRefused('server-url-required');
  });
  it('is updated as a whole, and not when nothing differs', () => {
    const next = { ...settings, title: 'T' };
    given(registered).when({ type: 'Update', settings: next }).then({ type: 'McpServerUpdated', data: next });
    given(registered).when({ type: 'Update', settings }).thenNothing();
  });
  it('is updated with a reason, which is no part of its settings', () => {
    const next: ServerSettings = { ...settings, title: 'New' };
    const updated: McpServerEvent = { type: 'McpServerUpdated', data: { ...next, reason: 'renamed' } };
    given(registered).when({ type: 'Update', settings: next, reason: 'renamed' }).then(updated);
    given(registered, updated).when({ type: 'Update', settings: next, reason: 'other' }).thenNothing();
  });
  it('is disabled and enabled, and twice is once', () => {
    const disabled: McpServerEvent = { type: 'McpServerDisabled', data: { reason: 'down' } };
    given(registered).when({ type: 'Disable', reason: 'down' }).then(disabled);
    given(registered, disabled).when({ type: 'Disable' }).thenNothing();
    given(registered, disabled).when({ type: 'Enable' }).then({ type: 'McpServerEnabled', data: {} });
  });
  it('names every data key it ever used when it is deleted, so that all are shredded', () => {
    given({ type: 'McpServerRegistered', data: sealedWith(1) }, { type: 'McpServerUpdated', data: sealedWith(2) })
      .when({ type: 'Delete' })
      .then({ type: 'McpServerDeleted', data: { deks: [dek(1), dek(2)] } });
  });
  it('does not exist before its registration and after its deletion', () => {
    given().when({ type: 'Disable' }).thenRefused('server-not-found');
    given(registered, deleted).when({ type: 'Update', settings }).thenRefused('server-not-found');
    given(registered, deleted).when({ type: 'Delete' }).thenNothing();
  });
});

const command: fc.Arbitrary<McpServerCommand> = fc.oneof(
  fc.record({
    type: fc.constantFrom('Register' as const, 'Update' as const),
    settings: fc.constantFrom(settings, sealedWith(1), sealedWith(2), { ...settings, title: 'T' }),
  }),
  fc.record({ type: fc.constantFrom('Disable' as const, 'Enable' as const, 'Delete' as const) }),
);

function apply(
  state: McpServerState,
  next: McpServerCommand,
): { state: McpServerState; events: readonly McpServerEvent[] } {
  try {
    const events = mcpServer.decide(next, state);
    return { state: events.reduce(mcpServer.evolve, state), events };
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return { state, events: [] };
  }
}

property.prop([fc.array(command), command])(
  'deciding twice decides nothing new [events-command-idempotent]',
  (history, last) => {
    const before = history.reduce<McpServerState>((state, next) => apply(state, next).state, mcpServer.initial);
    expect(apply(apply(before, last).state, last).events).toEqual([]);
  },
);

property.prop([fc.array(command)])(
  'a deletion shreds every data key of the registration [auth-shredding]',
  (history) => {
    const used = new Set<string>();
    let state: McpServerState = mcpServer.initial;
    for (const next of history) {
      const step = apply(state, next);
      state = step.state;
      for (const event of step.events) {
        if ('sealed' in event.data && event.data.sealed !== undefined) used.add(event.data.sealed.dek);
        if (event.type === 'McpServerDeleted') {
          expect(new Set(event.data.deks)).toEqual(used);
          used.clear();
        }
      }
    }
  },
);
