const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** Opens a legacy session at an endpoint. Gives the headers of requests in it. */
export async function openSession(url: string, path: string, apiKey: string): Promise<Record<string, string>> {
  const headers = { ...HEADERS, authorization: `Bearer ${apiKey}` };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } };
  const answer = await fetch(url + path, {
    method: 'POST',
    headers,
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }),
  });
  await answer.text();
  return {
    ...headers,
    'mcp-session-id': answer.headers.get('mcp-session-id') ?? '',
    'mcp-protocol-version': '2025-11-25',
  };
}
