import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Subject } from './matrix.ts';
import { PATIENCE } from './patience.ts';
import { isErrorResult, textOfPrompt, textOfResource, textOfResult } from './results.ts';
import type { Received, TestClient } from './testClient.ts';

/** Describes what every server offers, in the names of the server under test. */
export function describeEveryServer({
  client: kind,
  server,
  serverEra,
  recorder,
  fixtureState,
  connect,
}: Subject): void {
  const call = (client: TestClient, { tool, args }: { tool: string; args?: Record<string, unknown> }) =>
    client.callTool(tool, args);
  const received = (client: TestClient, method: string): Received[] =>
    client.notifications.filter((notification) => notification.method === method);

  test('the server introduces itself [mcp-official-clients]', async () => {
    await using client = await connect();
    expect(client.serverName).toBe(server.serverName);
  });

  describe('tools', () => {
    test('are listed with their schemas', async () => {
      await using client = await connect();
      const tools = await client.listTools();
      const { tool } = server.echo('');
      expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining([tool, server.sampling.tool]));
      expect(tools.find(({ name }) => name === tool)?.inputSchema).toHaveProperty('properties');
    });

    test('are called, also many at a time [mcp-official-clients]', async () => {
      await using client = await connect();
      const echoes = Array.from({ length: 8 }, (_, index) => server.echo(`value ${String(index)}`));
      const results = await Promise.all(echoes.map((echo) => call(client, echo)));
      expect(results.map(textOfResult)).toEqual(echoes.map(({ text }) => text));
    });

    test('may fail, which is a result', async () => {
      await using client = await connect();
      expect(await call(client, server.failing)).toMatchObject({ isError: true });
    });

    test('report progress in order, before the result [mcp-notifications-in-order]', async () => {
      // One that can be asked may be asked for its roots meanwhile, and the official client reports that as progress.
      await using client = await connect({ answers: false });
      const { tool, args, steps } = server.progress;
      const progress: unknown[] = [];
      await client.callTool(tool, args, { onProgress: (step) => progress.push(step) });
      expect(progress).toMatchObject(steps);
    });

    // Log messages to a modern client belong to the stream of its request (MCP 2026-07-28, server/utilities/logging, Log
    // Message Notifications), and this legacy server's come after the call.
    const logsInTime = kind.era === 'legacy' || !server.logsAfterCall;
    test.runIf(logsInTime)('log to a client that asked for it', async () => {
      await using client = await connect();
      await client.setLogLevel('debug');
      await call(client, server.logging);
      await expect.poll(() => received(client, 'notifications/message').length, PATIENCE).toBeGreaterThan(0);
    });

    test('end early when the client aborts the call, and the server learns of it [mcp-close-cancels] [mcp-cancelled-reaches-server]', async () => {
      await using client = await connect();
      const id = randomUUID();
      const { tool, args } = server.slow(id);
      const abort = new AbortController();
      const started = Promise.withResolvers<undefined>();
      const outcome = client.callTool(tool, args, {
        signal: abort.signal,
        onProgress: () => started.resolve(undefined),
      });
      const rejected = expect(outcome).rejects.toThrow();
      await started.promise;
      abort.abort();
      await rejected;
      const state = fixtureState();
      if (state !== undefined) await expect.poll(() => state.cancelled.has(id), PATIENCE).toBe(true);
      if (serverEra === 'legacy') {
        // A legacy server hears of it in a message; the request id is the one that the call reached it with.
        const sent = (method: string) => recorder().requests.find(({ message }) => message?.method === method)?.message;
        await expect.poll(() => sent('notifications/cancelled'), PATIENCE).toBeDefined();
        expect(sent('notifications/cancelled')?.params?.['requestId']).toBe(sent('tools/call')?.id);
      }
    });
  });

  describe('resources', () => {
    test('are listed and read', async () => {
      await using client = await connect();
      const { uri, text } = server.resource;
      expect((await client.listResources()).map((resource) => resource.uri)).toContain(uri);
      expect(textOfResource(await client.readResource(uri))).toContain(text);
    });

    test('have templates', async () => {
      await using client = await connect();
      const { uriTemplate, uri, text } = server.template;
      const templates = await client.listResourceTemplates();
      expect(templates.map((template) => template.uriTemplate)).toContain(uriTemplate);
      expect(textOfResource(await client.readResource(uri))).toContain(text);
    });

    test('that do not exist are an error', async () => {
      await using client = await connect();
      const code = await client.readResource(server.missingResource).catch((error: unknown) => codeOf(error));
      // MCP 2025-11-25, server/resources, Error Handling; the servers that we have say -32602 in both eras.
      expect(kind.era === 'legacy' ? [-32602, -32002] : [-32602]).toContain(code);
    });

    test('are watched until the client has seen enough [mcp-change-notifications]', async () => {
      await using client = await connect();
      const { uri } = server.update;
      const stop = await client.watch(uri);
      await call(client, server.update);
      await expect
        .poll(() => received(client, 'notifications/resources/updated'), PATIENCE)
        .toContainEqual(expect.objectContaining({ params: expect.objectContaining({ uri }) }));
      await stop();
    });
  });

  describe('prompts', () => {
    test('are listed, and filled in', async () => {
      await using client = await connect();
      const { name, args, text } = server.prompt;
      expect((await client.listPrompts()).map((prompt) => prompt.name)).toContain(name);
      expect(textOfPrompt(await client.getPrompt(name, args))).toBe(text);
    });

    test('have arguments that can be completed', async () => {
      await using client = await connect();
      const { prompt, argument, values } = server.completion;
      expect(await client.completePrompt(prompt, argument)).toEqual(values);
    });
  });

  describe('the server asks the client', () => {
    test('for a completion of its model [mcp-server-asks-client]', async () => {
      await using client = await connect();
      const result = await call(client, server.sampling);
      expect(client.asked.map(({ method }) => method)).toContain('sampling/createMessage');
      expect(JSON.stringify(client.asked)).toContain(server.sampling.prompt);
      expect(textOfResult(result)).toContain('You said');
    });

    test('for what the user enters [mcp-server-asks-client]', async () => {
      await using client = await connect();
      const result = await call(client, server.elicitation);
      expect(client.asked.map(({ method }) => method)).toContain('elicitation/create');
      expect(textOfResult(result)).toContain('Ada');
    });

    test('for its roots [mcp-server-asks-client]', async () => {
      await using client = await connect();
      const result = await call(client, server.roots);
      expect(client.asked.map(({ method }) => method)).toContain('roots/list');
      expect(textOfResult(result)).toContain('file:///srv/project');
    });

    test('never, when the client can not be asked', async () => {
      await using client = await connect({ answers: false });
      const names = (await client.listTools()).map(({ name }) => name);
      expect(names.includes(server.needsSampling.tool)).toBe(server.needsSampling.listed);
      // An error of the protocol's or of the tool's, as the era and the server have it.
      expect(await call(client, server.needsSampling).then(isErrorResult, () => true)).toBe(true);
    });
  });

  test('a client is told when a list changes [mcp-change-notifications]', async () => {
    await using client = await connect();
    const stop = await client.watch(server.update.uri);
    for (const change of server.changes(randomUUID())) {
      const before = await listNames(client, change.list);
      await call(client, change);
      await expect
        .poll(() => received(client, `notifications/${change.list}/list_changed`).length, PATIENCE)
        .toBeGreaterThan(0);
      expect(await listNames(client, change.list)).not.toEqual(before);
    }
    await stop();
  });

  // A modern client has no session to end (MCP 2026-07-28, basic/transports/streamable-http), and a modern server none either.
  test.runIf(kind.era === 'legacy' && serverEra === 'legacy')(
    'a client that leaves ends its session on the server [mcp-session-delete]',
    async () => {
      const client = await connect();
      const mark = randomUUID();
      await call(client, server.echo(mark));
      await client[Symbol.asyncDispose]();
      // The gateway has sessions of its own, in which it looks at lists that change.
      const { requests } = recorder();
      const called = requests.find(({ message }) => JSON.stringify(message ?? null).includes(mark));
      const session = called?.headers['mcp-session-id'];
      expect(session).toBeDefined();
      const methods = () =>
        requests.flatMap(({ headers, httpMethod }) => (headers['mcp-session-id'] === session ? [httpMethod] : []));
      await expect.poll(() => methods().at(-1), PATIENCE).toBe('DELETE');
    },
  );

  test("the client's credential never reaches the server [mcp-no-token-passthrough]", async () => {
    await using client = await connect();
    await client.listTools();
    expect(recorder().requests.length).toBeGreaterThan(0);
    for (const { headers } of recorder().requests) {
      expect(headers).not.toHaveProperty('authorization');
      expect(headers).not.toHaveProperty('x-api-key');
      expect(headers).not.toHaveProperty('cookie');
    }
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error;
}

async function listNames(client: TestClient, list: 'tools' | 'prompts' | 'resources'): Promise<string[]> {
  switch (list) {
    case 'tools':
      return (await client.listTools()).map(({ name }) => name);
    case 'prompts':
      return (await client.listPrompts()).map(({ name }) => name);
    case 'resources':
      return (await client.listResources()).map(({ uri }) => uri);
  }
}
