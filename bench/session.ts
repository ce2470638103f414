const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** Opens a legacy session. @returns the headers of requests in it */
export async function openSession(url: string, authorization?: string): Promise<Record<string, string>> {
  const sent = { ...HEADERS, ...(authorization !== undefined && { authorization }) };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } };
  const answer = await fetch(url, {
    method: 'POST',
    headers: sent,
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }),
  });
  const text = await answer.text();
  const session = answer.headers.get('mcp-session-id');
  if (session === null) throw new Error(`no session: ${String(answer.status)} ${text}`);
  return { ...sent, 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' };
}
