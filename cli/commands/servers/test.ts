import { liveServerOf } from '../../../src/live/liveServers.ts';
import type { LiveServer } from '../../../src/live/liveServer.ts';
import { describeRejections } from '../../../src/upstream/rejections.ts';
import type { Cli } from '../../cli.ts';
import { interruptible } from '../../input/interruption.ts';
import { escape } from '../../../src/escape.ts';
import { formatRecord } from '../../output/record.ts';
import { requireServer } from '../../../src/administration/requireServer.ts';
import { probeServer, softwareOf, type ServerFindings } from '../../upstream/serverProbe.ts';
import { openWaiting } from '../../output/waiting.ts';
import { openServerSecrets } from '../../stores/serverSecrets.ts';
import { serverAddress } from '../../views/serverView.ts';

/** Connects to a server as the gateway would. @throws Refused with the upstream's code when it fails */
export async function testServer(
  cli: Cli,
  name: string,
  { timeout }: { readonly timeout?: number /* milliseconds */ },
): Promise<void> {
  await cli.withStores(async ({ stores: { db, vault } }) => {
    const row = await requireServer(db, name);
    const server = liveServerOf(row, await openServerSecrets(vault, row));
    const found = await probe(cli, server, timeout);
    const { era, protocolVersion, serverInfo, tools, leftOut, connectMs, latencyMs } = found;
    await cli.output.answer(
      {
        id: row.id,
        name,
        enabled: row.status === 'enabled',
        era,
        protocol_version: protocolVersion,
        ...(serverInfo === undefined ? {} : { server_info: serverInfo }),
        tools,
        ...(leftOut === undefined
          ? {}
          : {
              tools_left_out: leftOut.count,
              left_out: leftOut.first.map(({ name, reason }) => ({ ...(name === undefined ? {} : { name }), reason })),
            }),
        connect_ms: connectMs,
        latency_ms: latencyMs,
      },
      () =>
        formatRecord(
          [
            ['Server', `${name} at ${serverAddress(row)}`],
            [
              'Status',
              row.status === 'enabled' ? undefined : 'answers, but is disabled: metamcp-cli servers enable ' + name,
            ],
            ['Software', escape(softwareOf(found)) || undefined],
            ['Era', `${era}, MCP ${escape(protocolVersion)}`],
            ['Tools', String(tools)],
            ['Left out', leftOut && escape(describeRejections(leftOut))],
            ['Connected in', `${connectMs} ms`],
            ['Latency', `${latencyMs} ms`],
          ],
          cli.output.paint,
        ),
    );
  });
}

async function probe(cli: Cli, server: LiveServer, timeoutMs: number | undefined): Promise<ServerFindings> {
  using waiting = openWaiting(cli.stderr, `Waiting for the server ${server.name}`);
  return await interruptible((signal) => probeServer(server, { timeoutMs, signal, onLine: waiting.onLine }));
}
