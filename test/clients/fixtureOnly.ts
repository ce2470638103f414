import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Subject } from './matrix.ts';
import { PATIENCE } from './patience.ts';
import { textOfPrompt, textOfResult } from './results.ts';
import type { Received, TestClient } from './testClient.ts';

/** Describes what only the fixture offers: exact expectations, and what differs between the eras. */
export function describeFixture({ client: kind, serverEra, recorder, fixtureState, connect }: Subject): void {
  const messages = (client: TestClient): Received[] =>
    client.notifications.filter(({ method }) => method === 'notifications/message');
  const updates = (client: TestClient): Received[] =>
    client.notifications.filter(({ method }) => method === 'notifications/resources/updated');

  test('log messages arrive in order, before the result [mcp-notifications-in-order]', async () => {
    await using client = await connect();
    await client.setLogLevel('debug');
    await client.callTool('test_tool_with_logging');
    expect(messages(client).map(({ params }) => params)).toMatchObject([
      { level: 'info', data: 'Tool execution started' },
      { level: 'info', data: 'Tool processing data' },
      { level: 'info', data: 'Tool execution completed' },
    ]);
  });

  test('log messages below the level that was asked for stay away', async () => {
    await using client = await connect();
    await client.setLogLevel('error');
    await client.callTool('test_logging_tool');
    expect(messages(client).map(({ params }) => params)).toMatchObject([{ level: 'error' }]);
  });

  test('a call is cancelled before the server has said anything about it', async () => {
    await using client = await connect();
    const id = randomUUID();
    const abort = new AbortController();
    const outcome = client.callTool('test_wait_until_cancelled', { id }, { signal: abort.signal });
    const rejected = expect(outcome).rejects.toThrow();
    await expect.poll(() => fixtureState()?.waiting.has(id), PATIENCE).toBe(true);
    abort.abort();
    await rejected;
    await expect.poll(() => fixtureState()?.cancelled.has(id), PATIENCE).toBe(true);
  });

  test('a prompt asks for what it needs', async () => {
    await using client = await connect();
    const prompt = await client.getPrompt('test_input_required_result_prompt');
    expect(textOfPrompt(prompt)).toBe('Use this context: a test');
  });

  test('a tool asks in several rounds, and for several things at a time', async () => {
    await using client = await connect();
    const twice = await client.callTool('test_input_required_result_multi_round');
    expect(textOfResult(twice)).toBe('Your favorite color is green');
    const three = await client.callTool('test_input_required_result_multiple_inputs');
    expect(textOfResult(three)).toContain('Ada (1 roots)');
    expect(client.asked.map(({ method }) => method).toSorted()).toEqual([
      'elicitation/create',
      'elicitation/create',
      'elicitation/create',
      'roots/list',
      'sampling/createMessage',
    ]);
  });

  test('a client that stopped watching is told no more [mcp-change-notifications]', async () => {
    await using client = await connect();
    const stop = await client.watch('test://watched-resource');
    await client.callTool('test_trigger_resource_update');
    await expect.poll(() => updates(client).length, PATIENCE).toBe(1);
    await stop();
    const stopOther = await client.watch('test://static-text');
    await client.callTool('test_trigger_resource_update');
    await client.callTool('test_trigger_tool_change');
    // Told in order: when the change of the list is here, the update would be.
    await expect
      .poll(() => client.notifications.map(({ method }) => method), PATIENCE)
      .toContain('notifications/tools/list_changed');
    expect(updates(client)).toHaveLength(1);
    await stopOther();
  });

  describe.runIf(serverEra === 'legacy')('at the server, in a session', () => {
    test('a call whose stream breaks is answered after it was resumed [mcp-resume-last-event-id]', async () => {
      await using client = await connect();
      const result = await client.callTool('test_reconnection');
      expect(textOfResult(result)).toBe('Delivered after the stream was resumed');
      const resumed = recorder().requests.filter(({ headers }) => headers['last-event-id'] !== undefined);
      expect(resumed.map(({ httpMethod }) => httpMethod)).toEqual(['GET']);
    });

    test('what it asks is a request, and the reply is posted to it [mcp-server-asks-client]', async () => {
      await using client = await connect();
      await client.callTool('test_sampling', { prompt: 'Sing!' });
      const answers = recorder().requests.filter(({ message }) => message?.result !== undefined);
      expect(answers.map(({ message }) => message?.result)).toMatchObject([{ model: 'parrot-1' }]);
    });
  });

  describe.runIf(serverEra === 'modern')('at the server, without a session', () => {
    test('what it asks is an incomplete result, and the call is repeated with the answer [mcp-input-required]', async () => {
      await using client = await connect();
      const result = await client.callTool('test_input_required_result_request_state');
      expect(textOfResult(result)).toBe('state-ok');
      const calls = recorder().requests.filter(({ message }) => message?.method === 'tools/call');
      expect(calls).toHaveLength(2);
      expect(calls[0]?.message?.params).not.toHaveProperty('requestState');
      expect(calls[1]?.message?.params).toMatchObject({
        requestState: expect.any(String),
        inputResponses: { confirm: { action: 'accept', content: { ok: true } } },
      });
      expect(calls[0]?.message?.id).not.toBe(calls[1]?.message?.id);
    });

    test('no request names a session, and each names its version, method and target [mcp-modern-no-session] [mcp-mirrored-headers]', async () => {
      await using client = await connect();
      await client.listTools();
      await client.callTool('test_x_mcp_header', { region: 'eu' });
      for (const { headers, message } of recorder().requests) {
        expect(headers).not.toHaveProperty('mcp-session-id');
        expect(headers).toMatchObject({ 'mcp-protocol-version': '2026-07-28', 'mcp-method': message?.method });
      }
      const call = recorder().requests.find(({ message }) => message?.method === 'tools/call');
      expect(call?.headers).toMatchObject({ 'mcp-name': 'test_x_mcp_header', 'mcp-param-region': 'eu' });
    });

    test.runIf(kind.era === 'modern')('a client that can not be asked is told which capability it lacks', async () => {
      await using client = await connect({ answers: false });
      await expect(client.callTool('test_missing_capability')).rejects.toMatchObject({
        code: -32021,
        data: { requiredCapabilities: { sampling: {} } },
      });
    });
  });
}
