import { Client, LOG_LEVEL_META_KEY, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { CAPABILITIES, elicit, ROOTS, sample } from './answers.ts';
import { watchStandaloneStream } from './standaloneStream.ts';
import type { ClientKind, ConnectOptions, Endpoint, Received, TestClient } from './testClient.ts';

/** `@modelcontextprotocol/client` as it is by default: it opens with `initialize`. */
export const v2LegacyClient: ClientKind = {
  name: 'client 2.4.0, legacy',
  era: 'legacy',
  connect: (endpoint, options) => connect('legacy', endpoint, options),
};

/** `@modelcontextprotocol/client` pinned to the stateless revision. */
export const v2ModernClient: ClientKind = {
  name: 'client 2.4.0, pinned to 2026-07-28',
  era: 'modern',
  connect: (endpoint, options) => connect('modern', endpoint, options),
};

async function connect(
  era: 'legacy' | 'modern',
  { url, headers }: Endpoint,
  { answers = true }: ConnectOptions = {},
): Promise<TestClient> {
  const notifications: Received[] = [];
  const asked: Received[] = [];
  const client = new Client(
    { name: 'metamcp-test-v2', version: '1.0.0' },
    {
      capabilities: answers ? CAPABILITIES : {},
      versionNegotiation: { mode: era === 'modern' ? { pin: '2026-07-28' } : 'legacy' },
    },
  );
  client.fallbackNotificationHandler = (notification) => {
    notifications.push(notification);
    return Promise.resolve();
  };
  if (answers) {
    client.setRequestHandler('sampling/createMessage', (request) => {
      asked.push(request);
      return sample(request.params);
    });
    client.setRequestHandler('elicitation/create', (request) => {
      asked.push(request);
      return elicit('requestedSchema' in request.params ? request.params : {});
    });
    client.setRequestHandler('roots/list', (request) => {
      asked.push(request);
      return { roots: ROOTS };
    });
  }
  const stream = watchStandaloneStream();
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers }, fetch: stream.fetch });
  await client.connect(transport);
  // The modern era has no standalone stream.
  if (era === 'legacy') await stream.opened;
  let logLevel: string | undefined;

  return {
    serverName: client.getServerVersion()?.name,
    notifications,
    asked,
    listTools: async () => (await client.listTools()).tools,
    callTool: (name, args = {}, { onProgress, signal } = {}) =>
      client.callTool(
        {
          name,
          arguments: args,
          ...(logLevel !== undefined && { _meta: { [LOG_LEVEL_META_KEY]: logLevel } }),
        },
        { ...(onProgress && { onprogress: onProgress }), ...(signal && { signal }) },
      ),
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
      if (era === 'modern') logLevel = level;
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- legacy clients use it, and it must pass
      else await client.setLoggingLevel(level);
    },
    async watch(uri) {
      if (era === 'legacy') {
        await client.subscribeResource({ uri });
        return async () => {
          await client.unsubscribeResource({ uri });
        };
      }
      const subscription = await client.listen({
        toolsListChanged: true,
        promptsListChanged: true,
        resourcesListChanged: true,
        resourceSubscriptions: [uri],
      });
      return () => subscription.close();
    },
    async [Symbol.asyncDispose]() {
      if (era === 'legacy') await transport.terminateSession();
      await client.close();
    },
  };
}
