import { expect, test } from 'vitest';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { startTestGateway } from '../support/testGateway.ts';
import { SquareClient } from '../square/client/squareClient.ts';

test('a call that waits for its client is counted in its server’s health, and not as one that failed [bridge-modern-client-health]', async () => {
  await using fixture = await startFixtureServer({ era: 'legacy' });
  await using gateway = await startTestGateway();
  await gateway.addServer('fixture', fixture.url);
  const { apiKey } = await gateway.createKey();
  const authorization = `Bearer ${apiKey}`;
  const health = async (): Promise<unknown> =>
    (await fetch(`${gateway.url}/api/v1/mcp/servers/fixture/health`, { headers: { authorization } })).json();
  await using client = await SquareClient.connect({
    revision: '2026-07-28',
    url: `${gateway.url}/mcp/fixture`,
    isLines: false,
    authorization,
    capabilities: { sampling: {} },
  });
  const call = { name: 'test_sampling', arguments: { prompt: 'The capital of France?' } };
  const { result } = await client.once('tools/call', call);
  expect(result).toMatchObject({ resultType: 'input_required' });
  expect(await health()).toMatchObject({ waiting_for_input: 1, status: 'answers' });
  const [key = ''] = Object.keys(result?.['inputRequests'] as object);
  const answer = { role: 'assistant', model: 'm', content: { type: 'text', text: 'Paris' } };
  const inputs = { inputResponses: { [key]: answer }, requestState: result?.['requestState'] };
  const { result: last } = await client.once('tools/call', { ...call, ...inputs });
  expect(last).toMatchObject({ content: [{ text: 'LLM response: Paris' }] });
  expect(await health()).toMatchObject({ waiting_for_input: 0, status: 'answers' });
});
