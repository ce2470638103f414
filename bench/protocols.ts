import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool } from 'undici';
import { makeCertificate } from '../test/support/eventStoreDb/certificate.ts';
import type { GatewayReady } from './gateway.ts';
import { median, percentile, runLoad } from './load.ts';
import { startMeasured } from './measuredProcess.ts';

const CALLERS = 32;

const connect = { rejectUnauthorized: false };

/** How the callers reach the gateway, all of them over TLS. */
const PROTOCOLS: Readonly<Record<string, Pool.Options>> = {
  'HTTP/1.1': { connect, allowH2: false },
  'HTTP/2, one session': { connect, allowH2: true, connections: 1, pipelining: 100 },
};

/** Measures what a call costs over each protocol that the port speaks with a certificate. */
export async function measureProtocols({
  env,
  home,
  quick,
}: {
  readonly env: Record<string, string>;
  readonly home: string;
  readonly quick: boolean;
}): Promise<void> {
  const { certificate, key } = makeCertificate();
  const [certFile, keyFile] = [join(home, 'cert.pem'), join(home, 'key.pem')];
  await writeFile(certFile, certificate);
  await writeFile(keyFile, key, { mode: 0o600 });
  const tls = { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile };
  await using gateway = await startMeasured<GatewayReady>('./gateway.ts', { ...env, ...tls, METAMCP_HOME: home });
  const { url, apiKey } = gateway.ready;

  async function sample(pool: Pool.Options, durationMs: number) {
    const before = await gateway.usage();
    const headers = { 'x-api-key': apiKey };
    const { requests, latencies } = await runLoad({
      url: `${url}/mcp/json`,
      headers,
      callers: CALLERS,
      durationMs,
      pool,
    });
    const cpuSeconds = (await gateway.usage()).cpuSeconds - before.cpuSeconds;
    return { cpu: (cpuSeconds / requests) * 1e6, p50: percentile(latencies, 0.5) };
  }

  const samples = new Map<string, { cpu: number; p50: number }[]>();
  for (const pool of Object.values(PROTOCOLS)) await sample(pool, quick ? 1_500 : 4_000);
  for (let round = 0; round < (quick ? 3 : 5); round += 1) {
    for (const [name, pool] of Object.entries(PROTOCOLS)) {
      samples.set(name, [...(samples.get(name) ?? []), await sample(pool, quick ? 1_500 : 4_000)]);
    }
  }
  console.log(`\nA call over TLS, ${CALLERS} callers`);
  const floor = samples.get('HTTP/1.1') ?? [];
  for (const [name, rounds] of samples) {
    const cpu = median(rounds.map((one) => one.cpu));
    const ratio = median(rounds.map((one, at) => one.cpu / (floor[at]?.cpu ?? Number.NaN)));
    const p50 = median(rounds.map((one) => one.p50));
    console.log(
      `  ${name.padEnd(22)} ${cpu.toFixed(0).padStart(6)} µs CPU   ratio ${ratio.toFixed(2)}   p50 ${p50.toFixed(1)} ms`,
    );
  }
}
