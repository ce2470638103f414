import { Client, SdkHttpError, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

// METAMCP_KEY=mcp_… node firstCall.ts SERVER__TOOL NAME=VALUE…: one call through the gateway; without a tool it lists them.

const { METAMCP_URL = 'http://127.0.0.1:12009', METAMCP_KEY = '' } = process.env;
const [tool, ...pairs] = process.argv.slice(2);

// `auto` speaks the newest protocol that the gateway understands.
const client = new Client({ name: 'first-call', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
const transport = new StreamableHTTPClientTransport(new URL('/mcp', METAMCP_URL), {
  requestInit: { headers: { authorization: `Bearer ${METAMCP_KEY}` } },
});
try {
  await client.connect(transport);
  if (tool === undefined) {
    for (const { name } of (await client.listTools()).tools) console.log(name);
  } else {
    const { content } = await client.callTool({ name: tool, arguments: Object.fromEntries(pairs.map(argumentOf)) });
    for (const part of content) console.log(part.type === 'text' ? part.text : JSON.stringify(part));
  }
} catch (error) {
  console.error(reasonOf(error));
  process.exitCode = 1;
} finally {
  await client.close();
}

/** `a=2` is a number, `text=hello` a text. */
function argumentOf(pair: string): [name: string, value: unknown] {
  const [name = '', ...rest] = pair.split('=');
  const value = rest.join('=');
  return [name, value !== '' && Number.isFinite(Number(value)) ? Number(value) : value];
}

/** The gateway says in its answer what is wrong, as a JSON-RPC error. */
function reasonOf(error: unknown): string {
  if (!(error instanceof SdkHttpError)) return error instanceof Error ? error.message : String(error);
  const { status, text } = error.data;
  const said = /"message":"([^"]+)"/.exec(typeof text === 'string' ? text : error.message)?.[1];
  return `HTTP ${status}: ${said ?? error.message}`;
}
