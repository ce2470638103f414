import type { GatewayProcess } from '../support/gatewayProcess.ts';

/** Begins a legacy session with the server `calculator`. @returns the HTTP status */
export async function initializeAt({ url }: Pick<GatewayProcess, 'url'>, apiKey: string): Promise<number> {
  const answer = await fetch(`${url}/mcp/calculator`, {
    method: 'POST',
    headers: {
      'x-api-key': apiKey,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
    }),
  });
  await answer.text();
  return answer.status;
}
