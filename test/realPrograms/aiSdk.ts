import type { Endpoint } from '../clients/testClient.ts';

/** What we use of `@ai-sdk/mcp`. It has no types here: whoever has not installed it compiles this file, too. */
interface AiSdkMcp {
  createMCPClient(options: {
    transport: { type: 'http'; url: string; headers: Readonly<Record<string, string>> };
    capabilities: object;
    protocolVersionDiscovery: boolean;
  }): Promise<AiSdkClient>;
  readonly ElicitationRequestSchema: object;
}

interface AiSdkClient {
  readonly protocolEra: string;
  listTools(): Promise<{ readonly tools: readonly { readonly name: string }[] }>;
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
  onElicitationRequest(schema: object, handler: () => object): void;
  close(): Promise<void>;
}

/** Connects the client of the AI SDK, whose user enters Ada. It finds out by itself which era there is, unless it is to be legacy. */
export async function connectAiSdk(
  { url, headers }: Endpoint,
  era: 'legacy' | 'modern',
): Promise<AiSdkClient & AsyncDisposable> {
  const name = '@ai-sdk/mcp';
  const { createMCPClient, ElicitationRequestSchema } = (await import(name)) as AiSdkMcp;
  const client = await createMCPClient({
    transport: { type: 'http', url, headers },
    capabilities: { elicitation: {} },
    protocolVersionDiscovery: era === 'modern',
  });
  client.onElicitationRequest(ElicitationRequestSchema, () => ({ action: 'accept', content: { name: 'Ada' } }));
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}
