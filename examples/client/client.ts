import { styleText } from 'node:util';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { obtainToken, renewingToken } from './gatewayToken.ts';
import { type Visit, visitServer } from './visitServer.ts';

/** What the client saw at each server, by the server's name in the gateway. */
export type ExampleSummary = Readonly<Record<string, Visit>>;

/**
 * Uses servers through the gateway: gets a token for the API key, connects to each server, and checks what it answers.
 * @throws Error at the first thing that is not right
 */
export async function runExampleClient(options: {
  gatewayUrl: string;
  apiKey: string;
  servers: readonly string[];
  print: (line: string) => void;
}): Promise<ExampleSummary> {
  const { apiKey, servers, print } = options;
  // With the slash, the paths below also go under a gateway at https://example.com/some/path.
  const gatewayUrl = new URL(options.gatewayUrl.replace(/\/*$/, '/'));
  const authProvider = renewingToken(async () => {
    const token = await obtainToken(gatewayUrl, apiKey);
    print(`A token from ${gatewayUrl.href}, good for ${token.expiresInSeconds} seconds`);
    return token;
  });

  const summary: Record<string, Visit> = {};
  for (const server of servers) {
    // `auto` speaks the newest protocol that the server understands.
    const client = new Client(
      { name: 'metamcp-example-client', version: '1.0.0' },
      { versionNegotiation: { mode: 'auto' } },
    );
    const endpoint = new URL(`mcp/${encodeURIComponent(server)}`, gatewayUrl);
    const transport = new StreamableHTTPClientTransport(endpoint, { authProvider });
    await client.connect(transport);
    try {
      print(`Server ${server}`);
      summary[server] = await visitServer(client, print);
    } finally {
      // Only the legacy era has a session to end. If that fails, it ends by itself after a while.
      await transport.terminateSession().catch(() => undefined);
      await client.close();
    }
  }
  return summary;
}

/** Some lines hold text that comes from servers: nothing in it may steer the terminal. */
function withoutControlCharacters(text: string): string {
  return text.replace(/\p{Cc}/gu, '');
}

function printLine(line: string): void {
  const text = withoutControlCharacters(line);
  // styleText leaves colours out where they don't belong: in a pipe, and with NO_COLOR.
  console.log(text.startsWith(' ') ? text.replace('✓', styleText('green', '✓')) : styleText('bold', text));
}

async function main(): Promise<number> {
  const { METAMCP_URL: gatewayUrl = '', METAMCP_API_KEY: apiKey } = process.env;
  const servers = process.argv.slice(2);
  if (!URL.canParse(gatewayUrl) || !apiKey || servers.length === 0) {
    console.error('Usage: METAMCP_URL=http://127.0.0.1:12009 METAMCP_API_KEY=mcp_… node client.ts SERVER…');
    return 2;
  }
  try {
    const summary = await runExampleClient({ gatewayUrl, apiKey, servers, print: printLine });
    const visits = Object.values(summary);
    const checked = visits.filter((visit) => visit.checked).length;
    printLine(`${checked} of ${visits.length} servers checked: everything is right.`);
    return 0;
  } catch (error) {
    console.error(withoutControlCharacters(error instanceof Error ? error.message : String(error)));
    return 1;
  }
}

if (import.meta.main) process.exitCode = await main();
