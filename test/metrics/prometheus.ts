import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/freePort.ts';

export const ALERTS = new URL('../../docs/ops/alerts.yml', import.meta.url).pathname;

/** A Prometheus that scrapes one gateway every second, as the job that the documents name. */
export interface Prometheus extends AsyncDisposable {
  /** Asks its API. @throws Error with what it says is wrong */
  get(path: string, query?: Readonly<Record<string, string>>): Promise<unknown>;
}

/** This machine's Prometheus; undefined where there is none. */
export function prometheusVersion(): string | undefined {
  const { stdout, stderr } = spawnSync('prometheus', ['--version'], { encoding: 'utf8' });
  return /version ([\d.]+)/.exec(`${stdout ?? ''}${stderr ?? ''}`)?.[1];
}

/** Lets promtool check something. @returns what it finds wrong; '' where all is well */
export function check(subject: 'rules' | 'metrics', input: { file: string } | { text: string }): string {
  const file = 'file' in input ? [input.file] : [];
  const { status, stdout, stderr } = spawnSync('promtool', ['check', subject, ...file], {
    encoding: 'utf8',
    ...('text' in input && { input: input.text }),
  });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

/** Starts one on loopback. @param metricsUrl of the gateway */
export async function startPrometheus(metricsUrl: string): Promise<Prometheus> {
  const { host } = new URL(metricsUrl);
  const folder = await mkdtemp(join(tmpdir(), 'metamcp-prometheus-'));
  const port = await freePort();
  const config = join(folder, 'prometheus.yml');
  await writeFile(
    config,
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: ['${ALERTS}']
scrape_configs:
  - job_name: metamcp
    static_configs: [{ targets: ['${host}'] }]
`,
  );
  const child = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${String(port)}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${String(port)}`;
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error(`prometheus has ended with ${String(child.exitCode)}`);
    await delay(50);
  }
  return {
    async get(path, query = {}) {
      const answer = await fetch(`${url}/api/v1/${path}?${String(new URLSearchParams(query))}`);
      const document = (await answer.json()) as { status: string; data: unknown; error?: string };
      if (document.status !== 'success') throw new Error(document.error);
      return document.data;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  return await fetch(`${url}/-/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}
