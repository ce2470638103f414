import { describe, expect, it } from 'vitest';
import { imported, importedOne } from './imported.ts';

const url = 'https://one.example/mcp';

describe('a server', () => {
  it.each<object>([
    { disabled: true },
    { disabled: 'true' },
    { disabled: ' True ' },
    { disabled: 1 },
    { disabled: '1' },
    { disabled: 'yes' },
    { disabled: 'on' },
    { disabled: 'disabled' },
    { disable: true },
    { isDisabled: 'true' },
    { is_disabled: 1 },
    { DISABLED: true },
    { enabled: false },
    { enabled: 'false' },
    { enabled: 'FALSE' },
    { enabled: 0 },
    { enabled: '0' },
    { enabled: 'no' },
    { enabled: 'off' },
    { enabled: 'disabled' },
    { enable: false },
    { Enable: 'n' },
    { isActive: false },
    { active: 'false' },
    { status: 'disabled' },
    { state: 'Inactive' },
    { status: 0 },
    { paused: true },
    { isPaused: 'yes' },
    { deactivated: true },
    { suspended: 1 },
    { activated: 'false' },
    { config: { enabled: false } },
    { options: { disabled: true } },
    { options: { enabled: 'no', timeout: 1_000 } },
    { enabled: true, config: { enabled: 'false' } },
    { disabled: true, enabled: true },
    { disabled: false, enabled: 'false' },
  ])('with %j is off [configuration-off]', (toggle) => {
    expect(importedOne({ url, ...toggle })).toMatchObject({ outcome: 'create', enabled: false });
  });

  it.each<object>([
    {},
    { disabled: false },
    { disabled: 'false' },
    { disabled: 0 },
    { disabled: null },
    { disabled: '' },
    { enabled: 'true' },
    { enabled: 1 },
    { isActive: true },
    { status: 'enabled' },
    { status: { state: 'connected' } },
    { disabledTools: ['x'] },
    { oauth: { enabled: false } },
  ])('with %j is on', (toggle) => {
    expect(importedOne({ url, ...toggle })).toMatchObject({ outcome: 'create', enabled: true });
  });

  it.each<object>([
    { disabled: 'perhaps' },
    { disabled: 2 },
    { disabled: ['github'] },
    { enabled: {} },
    { enabled: '${ENABLED}' },
    { enable: 'flase' },
    { status: 'unheard-of' },
  ])('with %j is refused: it may be meant to be off [configuration-off]', (toggle) => {
    expect(importedOne({ url, ...toggle })).toMatchObject({
      outcome: 'refuse',
      problems: expect.stringContaining('write true or false'),
    });
  });

  it('is off where the file says so elsewhere, or makes a comment of it [configuration-off]', () => {
    const servers = {
      a: { url },
      b: { url },
      '//c': { url },
      '# d': { url },
      _comment: 'the servers',
      f: false,
      g: null,
    };
    const outcomes = (file: object) =>
      Object.values(imported({ mcpServers: servers, ...file })).map(({ outcome, enabled }) =>
        outcome === 'create' ? enabled : outcome,
      );
    const skipped = ['skip', 'skip', 'skip', 'skip', 'skip'];
    expect(outcomes({})).toEqual([true, true, ...skipped]);
    expect(outcomes({ mcp: { excluded: ['a'] } })).toEqual([false, true, ...skipped]);
    expect(outcomes({ mcp: { enabled: false } })).toEqual([false, false, ...skipped]);
    expect(outcomes({ disabled: 'true' })).toEqual([false, false, ...skipped]);
    expect(outcomes({ mcp: { allowed: ['a'] } })).toEqual([true, false, ...skipped]);
    expect(outcomes({ disabledMcpServers: ['b'] })).toEqual([true, false, ...skipped]);
    expect(outcomes({ deniedMcpServers: [{ serverName: 'b' }, { serverUrl: 'x' }] })).toEqual([
      true,
      false,
      ...skipped,
    ]);
    expect(outcomes({ allowedMcpServers: [{ serverUrl: 'x' }] })).toEqual([true, true, ...skipped]);
  });
});

describe('what is passed by', () => {
  const faults = { headers: { A: '<YOUR_KEY>', B: ['no text'], c: '1', C: '2' }, args: {}, description: [] };

  it('refuses nothing by its faults [configuration-passed-by]', () => {
    const servers = {
      fine: { url },
      off: { url, disabled: true, ...faults },
      unresolved: { url, enabled: 'no', headers: { A: '${NOT_SET}' } },
      local: { command: 'npx', env: { A: [] }, disabled: true, ...faults },
      events: { url: 'https://events.example/sse', ...faults, disabled: 1 },
      socket: { type: 'ws', url: 'ws://socket.example', ...faults },
      nowhere: { enabled: false },
    };
    const outcomes = Object.entries(imported({ mcpServers: servers })).map(([name, { outcome }]) => [name, outcome]);
    expect(Object.fromEntries(outcomes)).toEqual({
      fine: 'create',
      off: 'skip',
      unresolved: 'skip',
      local: 'skip',
      events: 'skip',
      socket: 'skip',
      nowhere: 'skip',
    });
  });

  it('leaves its name to another one [configuration-passed-by]', () => {
    const named = (...toggles: object[]) =>
      Object.values(
        imported({ mcpServers: { 'My Server': { url, ...toggles[0] }, 'my-server': { url, ...toggles[1] } } }),
      ).map(({ outcome }) => outcome);
    expect(named({}, {})).toEqual(['refuse', 'refuse']);
    expect(named({ disabled: true }, {})).toEqual(['skip', 'create']);
    expect(named({ disabled: true }, { disabled: true })).toEqual(['skip', 'skip']);
  });
});
