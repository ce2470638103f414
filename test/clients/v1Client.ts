import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { CAPABILITIES, elicit, ROOTS, sample } from './answers.ts';
import { watchStandaloneStream } from './standaloneStream.ts';
import type { ClientKind, ConnectOptions, Endpoint, Received, TestClient } from './testClient.ts';

/** `@modelcontextprotocol/sdk`: the client of most programs in use. */
export const v1Client: ClientKind = { name: 'sdk 1.32.2', era: 'legacy', connect };

async function connect({ url, headers }: Endpoint, { answers = true }: ConnectOptions = {}): Promise<TestClient> {
  const notifications: Received[] = [];
  const asked: Received[] = [];
  const client = new Client(
    { name: 'metamcp-test-v1', version: '1.0.0' },
    { capabilities: answers ? CAPABILITIES : {} },
  );
  client.fallbackNotificationHandler = (notification) => {
    notifications.push(notification);
    return Promise.resolve();
  };
  if (answers) {
    client.setRequestHandler(CreateMessageRequestSchema, (request) => {
      asked.push(request);
      return sample(request.params);
    });
    client.setRequestHandler(ElicitRequestSchema, (request) => {
      asked.push(request);
      return elicit('requestedSchema' in request.params ? request.params : {});
    });
    client.setRequestHandler(ListRootsRequestSchema, (request) => {
      asked.push(request);
      return { roots: ROOTS };
    });
  }
  const stream = watchStandaloneStream();
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers }, fetch: stream.fetch });
  await client.connect(transport);
  await stream.opened;

  return {
    serverName: client.getServerVersion()?.name,
    notifications,
    asked,
    listTools: async () => (await client.listTools()).tools,
    callTool: (name, args = {}, { onProgress, signal } = {}) =>
      client.callTool({ name, arguments: args }, undefined, {
        ...(onProgress && { onprogress: onProgress }),
        ...(signal && { signal }),
      }),
    listResources: async () => (await client.listResources()).resources,
    listResourceTemplates: async () => (await client.listResourceTemplates()).resourceTemplates,
    readResource: (uri) => client.readResource({ uri }),
    listPrompts: async () => (await client.listPrompts()).prompts,
    getPrompt: (name, args = {}) => client.getPrompt({ name, arguments: args }),
    async completePrompt(name, argument) {
      const { completion } = await client.complete({ ref: { type: 'ref/prompt', name }, argument });
      return completion.values;
    },
    async setLogLevel(level) {
      await client.setLoggingLevel(level);
    },
    async watch(uri) {
      await client.subscribeResource({ uri });
      return async () => {
        await client.unsubscribeResource({ uri });
      };
    },
    async [Symbol.asyncDispose]() {
      await transport.terminateSession();
      await client.close();
    },
  };
}
