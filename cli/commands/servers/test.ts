import { performance } from 'node:perf_hooks';
import type { LiveServer } from '../../../src/auth/liveServer.ts';
import type { ServerSecrets } from '../../../src/auth/serverSecrets.ts';
import { AppError, Refused } from '../../../src/errors.ts';
import type { McpServerRow } from '../../../src/projections/mcpServers.ts';
import { createUpstreamAgents } from '../../../src/upstream/agents.ts';
import { connectUpstream } from '../../../src/upstream/client.ts';
import type { ServerFacts } from '../../../src/upstream/session.ts';
import { VERSION } from '../../../src/version.ts';
import type { Cli } from '../../cli.ts';
import { formatDuration } from '../../../src/events/duration.ts';
import { escape } from '../../escape.ts';
import { formatRecord } from '../../output/record.ts';
import { requireServer } from '../../requireServer.ts';
import { openServerSecrets } from '../../serverSecrets.ts';
import { serverAddress } from '../../serverView.ts';

/** Enough for a server that starts on demand; a person waits. */
const DEFAULT_TIMEOUT_MS = 30_000;

interface Findings extends Pick<ServerFacts, 'era' | 'protocolVersion' | 'serverInfo'> {
  readonly tools: number;
  /** Until the connection stood and the era was known. */
  readonly connectMs: number;
  /** One round trip after that. */
  readonly latencyMs: number;
}

/** Connects to a server as the gateway would. @throws Refused with the upstream's code when it fails */
export async function testServer(
  cli: Cli,
  name: string,
  { timeout = DEFAULT_TIMEOUT_MS }: { readonly timeout?: number /* milliseconds */ },
): Promise<void> {
  await cli.withStores(async ({ stores: { db, vault } }) => {
    const row = await requireServer(db, name);
    const server = liveServerOf(row, await openServerSecrets(vault, row));
    const found = await visit(server, timeout);
    const { era, protocolVersion, serverInfo, tools, connectMs, latencyMs } = found;
    await cli.output.answer(
      {
        id: row.id,
        name,
        enabled: server.enabled,
        era,
        protocol_version: protocolVersion,
        ...(serverInfo === undefined ? {} : { server_info: serverInfo }),
        tools,
        connect_ms: connectMs,
        latency_ms: latencyMs,
      },
      () =>
        formatRecord(
          [
            ['Server', `${name} at ${serverAddress(row)}`],
            ['Status', server.enabled ? undefined : 'answers, but is disabled: metamcp-cli servers enable ' + name],
            ['Software', softwareOf(serverInfo)],
            ['Era', `${era}, MCP ${escape(protocolVersion)}`],
            ['Tools', String(tools)],
            ['Connected in', `${connectMs} ms`],
            ['Latency', `${latencyMs} ms`],
          ],
          cli.output.paint,
        ),
    );
  });
}

/** Connects to a server, and lists its tools. @throws Refused with the upstream's code when it fails */
export async function visit(server: LiveServer, timeoutMs: number): Promise<Findings> {
  // Beyond 2^31 - 1 ms a timer fires at once.
  const signal = AbortSignal.timeout(Math.min(timeoutMs, 2_147_483_647));
  await using agents = createUpstreamAgents();
  try {
    const began = performance.now();
    await using client = await connectUpstream({
      server,
      dispatcher: agents.forServer(server).connections,
      clientInfo: { name: 'metamcp', version: VERSION },
      signal,
    });
    const connected = performance.now();
    await client.ping({ signal });
    const answered = performance.now();
    const { items } = await client.listTools({ signal });
    const { era, protocolVersion, serverInfo } = client;
    return {
      era,
      protocolVersion,
      serverInfo,
      tools: items.length,
      connectMs: Math.round(connected - began),
      latencyMs: Math.round((answered - connected) * 10) / 10,
    };
  } catch (error) {
    if (signal.aborted) {
      throw new Refused('upstream-timeout', `The server did not answer within ${formatDuration(timeoutMs)}.`);
    }
    // Its failure is the result of the test: no store of ours is unreachable.
    if (error instanceof AppError) throw new Refused(error.code, error.message, { data: error.data, cause: error });
    throw error;
  }
}

/** As the gateway holds it in memory; a disabled one can be tested, too. */
function liveServerOf(row: McpServerRow, { headers }: ServerSecrets): LiveServer {
  return {
    name: row.name,
    id: row.id,
    enabled: row.status === 'enabled',
    transport: row.transport,
    url: row.url === null ? undefined : new URL(row.url),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    timeouts: row.timeouts,
    limits: row.limits,
    revision: row.revision,
  };
}

function softwareOf(serverInfo: Findings['serverInfo']): string | undefined {
  const words = [serverInfo?.['name'], serverInfo?.['version']].filter((word) => typeof word === 'string');
  return words.length === 0 ? undefined : escape(words.join(' '));
}
