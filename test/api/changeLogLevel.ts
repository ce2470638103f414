import { expect } from 'vitest';
import { createSystemTokens } from '../../src/auth/systemTokens.ts';
import { systemClock } from '../../src/clock.ts';
import type { TestGateway } from '../support/testGateway.ts';
import type { DocumentedApi } from './documentedApi.ts';

/** What a gateway logs is shown to the CLI alone, and changed by it. */
export async function changeLogLevel(gateway: TestGateway, api: DocumentedApi): Promise<void> {
  const credential = await createSystemTokens({ secrets: gateway.stores.tokenSecrets, clock: systemClock }).issue();
  const level = '/api/v1/log-level';
  const before = await api.call('GET', level, { credential });
  expect(before).toMatchObject({ status: 200, body: { level: gateway.settings.logLevel } });
  expect(await api.call('PUT', level, { credential, body: before.body })).toMatchObject({ status: 200 });
  expect(await api.call('PUT', level, { credential, body: { level: 'loud' } })).toMatchObject({ status: 400 });
  const { apiKey } = await gateway.createKey({ scopes: ['events:read', 'servers:write'] });
  for (const [method, body] of [['GET'], ['PUT', { level: 'silent' }]] as const) {
    const refused = await api.call(method, level, { credential: apiKey, ...(body && { body }) });
    expect(refused).toMatchObject({ status: 403, body: { code: 'own-programs-only' } });
  }
}
