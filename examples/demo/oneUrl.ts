import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** What a client sees at the one URL of a gateway. */
export interface OneUrl {
  readonly tools: readonly string[];
  /** What each called tool has answered, in order. */
  readonly answers: readonly unknown[];
}

/** Lists the tools of every server at `/mcp`, and calls some of them. */
export async function useOneUrl(
  gatewayUrl: string,
  apiKey: string,
  calls: readonly { readonly name: string; readonly arguments: Record<string, unknown> }[],
): Promise<OneUrl> {
  const client = new Client({ name: 'metamcp-demo', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  const requestInit = { headers: { authorization: `Bearer ${apiKey}` } };
  const transport = new StreamableHTTPClientTransport(new URL(`${gatewayUrl}/mcp`), { requestInit });
  await client.connect(transport);
  try {
    const { tools } = await client.listTools();
    const answers: unknown[] = [];
    for (const call of calls) answers.push((await client.callTool(call)).structuredContent);
    return { tools: tools.map(({ name }) => name), answers };
  } finally {
    await transport.terminateSession().catch(() => undefined);
    await client.close();
  }
}
