import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { startTestGateway } from '../support/testGateway.ts';
import { SquareClient } from '../square/client/squareClient.ts';
import { addProgram } from './stdio/world.ts';

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

const FIXTURE = fileURLToPath(new URL('../support/fixtureServer.ts', import.meta.url));

test('calls that wait at a program that is killed fail at their repeats, are not run anew, and hold nothing [bridge-modern-client-once]', async () => {
  await using gateway = await startTestGateway();
  const args = [FIXTURE, '--transport', 'stdio', '--era', 'legacy'];
  await addProgram(gateway, 'asking', { command: process.execPath, args });
  const { apiKey } = await gateway.createKey();
  const authorization = `Bearer ${apiKey}`;
  const read = async (part: string): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${gateway.url}/api/v1/mcp/servers/asking/${part}`, { headers: { authorization } });
    return (await answer.json()) as Record<string, unknown>;
  };
  await using client = await SquareClient.connect({
    revision: '2026-07-28',
    url: `${gateway.url}/mcp/asking`,
    isLines: false,
    authorization,
    capabilities: { sampling: {} },
  });
  const calls = ['a', 'b', 'c'].map((prompt) => ({ name: 'test_sampling', arguments: { prompt } }));
  const parked = await Promise.all(calls.map((call) => client.once('tools/call', call)));
  expect(parked.map(({ result }) => result?.['resultType'])).toEqual(calls.map(() => 'input_required'));
  expect(await read('health')).toMatchObject({ waiting_for_input: 3 });
  const { processes } = (await read('processes')) as unknown as { processes: readonly { readonly pid: number }[] };
  expect(processes.length).toBeGreaterThan(0);
  for (const { pid } of processes) process.kill(pid, 'SIGKILL');
  for (const [n, { result }] of parked.entries()) {
    const [key = ''] = Object.keys(result?.['inputRequests'] as object);
    const answer = { role: 'assistant', model: 'm', content: { type: 'text', text: 'x' } };
    const inputs = { inputResponses: { [key]: answer }, requestState: result?.['requestState'] };
    const repeated = await client.once('tools/call', { ...calls[n], ...inputs });
    expect(repeated.error).toMatchObject({
      code: expect.any(Number) as number,
      message: expect.stringMatching(/\w/) as string,
    });
  }
  expect(await read('health')).toMatchObject({ waiting_for_input: 0 });
  // Another call starts the program anew.
  const { result } = await client.once('tools/call', { name: 'test_simple_text', arguments: {} });
  expect(result).toMatchObject({ content: [{ type: 'text' }] });
});
