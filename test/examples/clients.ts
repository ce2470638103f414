import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';

const self = { name: 'examples-test', version: '1.0.0' };

interface Progress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

interface CallOptions {
  readonly onprogress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

interface ToolResult {
  readonly content: readonly unknown[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean | undefined;
}

/** An official client, and the one method whose parameters differ between the two SDKs. */
export interface TestClient extends AsyncDisposable {
  readonly client: ClientV1 | ClientV2;
  readonly protocolVersion: string | undefined;
  callTool(name: string, args: Record<string, unknown>, options?: CallOptions): Promise<ToolResult>;
}

/** Connects the client of SDK v1, which knows the legacy era only. */
async function connectV1(url: string): Promise<TestClient> {
  const client = new ClientV1(self);
  const transport = new TransportV1(new URL(url));
  await client.connect(transport);
  return {
    client,
    protocolVersion: transport.protocolVersion,
    callTool: async (name, args, options) =>
      CallToolResultSchema.parse(await client.callTool({ name, arguments: args }, CallToolResultSchema, options)),
    async [Symbol.asyncDispose]() {
      await transport.terminateSession();
      await client.close();
    },
  };
}

/** Connects the client of SDK v2, pinned to the modern era. */
async function connectV2(url: string): Promise<TestClient & { readonly client: ClientV2 }> {
  const client = new ClientV2(self, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await client.connect(new TransportV2(new URL(url)));
  return {
    client,
    protocolVersion: client.getNegotiatedProtocolVersion(),
    callTool: async (name, args, options) => await client.callTool({ name, arguments: args }, options),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

/** The official clients that every example server is used by. */
export const officialClients = [
  { sdk: 'the v1 client', version: '2025-11-25', connect: connectV1 },
  { sdk: 'the modern v2 client', version: '2026-07-28', connect: connectV2 },
] as const;
