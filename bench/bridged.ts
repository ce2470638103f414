import { mirroredHeaders } from '../src/mcp/mirroredHeaders.ts';
import type { GatewayReady } from './gateway.ts';
import { median, runLoad, type Load } from './load.ts';
import { startMeasured, type MeasuredProcess } from './measuredProcess.ts';
import { openSession } from './session.ts';

export interface BridgedOptions {
  /** The reference server. */
  readonly upstream: string;
  readonly env: Readonly<Record<string, string>>;
  readonly quick: boolean;
}

const VERSION = '2026-07-28';
/** One that the server lists: a server over HTTP is asked for the definition of any other one before its call. */
const TOOL = 'tool_0';
const META = {
  'io.modelcontextprotocol/protocolVersion': VERSION,
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** Measures what it costs that client and server are of two eras: a call of a tool, beside the same call as bytes, in turns within one run. */
export async function measureBridged({ upstream, env, quick }: BridgedOptions): Promise<void> {
  const servers = { legacy: `${upstream}/legacy`, modern: `${upstream}/modern` };
  await using gateway = await startMeasured<GatewayReady>('./gateway.ts', { ...env, SERVERS: JSON.stringify(servers) });
  console.log('\nThe bridge: CPU of the gateway per call between two eras, by that of a call as bytes, 32 callers');
  const { url, apiKey } = gateway.ready;
  const authorization = `Bearer ${apiKey}`;
  const modern = {
    headers: { authorization, ...mirroredHeaders(VERSION, 'tools/call', { name: TOOL }) },
    meta: META,
  };
  const legacyAt = async (server: string) => ({ headers: await openSession(`${url}/mcp/${server}`, authorization) });
  const kinds = {
    'legacy client, modern server': {
      server: 'modern',
      bytes: 'legacy',
      ...(await legacyAt('modern')),
      base: await legacyAt('legacy'),
    },
    'modern client, legacy server': { server: 'legacy', bytes: 'modern', ...modern, base: modern },
  };
  for (const [name, { server, bytes, base, ...client }] of Object.entries(kinds)) {
    const ratios: number[] = [];
    const cpus: number[] = [];
    for (let round = 0; round < (quick ? 2 : 7); round += 1) {
      const alone = await costOf(gateway, `/mcp/${bytes}`, base, quick);
      const bridged = await costOf(gateway, `/mcp/${server}`, client, quick);
      cpus.push(bridged);
      ratios.push(bridged / alone);
    }
    console.log(`  ${name}: ratio ${median(ratios).toFixed(2)}   ${median(cpus).toFixed(3)} CPU s/1000`);
  }
}

/** CPU seconds of the gateway for 1,000 calls. */
async function costOf(
  { ready: { url }, usage }: MeasuredProcess<GatewayReady>,
  path: string,
  client: Pick<Load, 'headers' | 'meta'>,
  quick: boolean,
): Promise<number> {
  const load = { url: url + path, callers: 32, tool: TOOL, ...client };
  await runLoad({ ...load, durationMs: 300 });
  const before = await usage();
  const { requests } = await runLoad({ ...load, durationMs: quick ? 700 : 2_000 });
  return (((await usage()).cpuSeconds - before.cpuSeconds) / requests) * 1_000;
}
