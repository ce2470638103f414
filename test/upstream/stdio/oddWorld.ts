import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_TIMEOUTS } from '../../../src/events/mcpServer.ts';
import { createLogger } from '../../../src/logging/logger.ts';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import {
  openStdio,
  type StdioOptions,
  type StdioServer,
  type StdioUpstream,
} from '../../../src/upstream/stdio/openStdio.ts';
import { Programs } from '../../../src/upstream/stdio/programs.ts';
import { DEFAULT_STDIO_SETTINGS, type StdioSettings } from '../../../src/upstream/stdio/stdioSettings.ts';
import { request } from '../../../src/upstream/request.ts';

const ODD_SERVER = join(import.meta.dirname, 'programs', 'oddServer.ts');
const SILENT = createLogger('silent');

/** Waits that a test does not have to sit through. */
export const QUICK: StdioSettings = {
  ...DEFAULT_STDIO_SETTINGS,
  stdinGraceMs: 200,
  termGraceMs: 200,
  hastened: { stdinGraceMs: 200, termGraceMs: 200 },
  restarts: { most: 2, healthyMs: 1e9, waitMs: () => 1 },
};

export function createPrograms(settings: StdioSettings = QUICK): Programs {
  return new Programs({ inherited: process.env, settings, logger: SILENT });
}

/** Opens a server with an oddity. The era is given, to save the question, unless a test is about it. */
export function openOdd(
  programs: Programs,
  oddity: string,
  options: {
    server?: Partial<StdioServer>;
    settings?: Partial<StdioSettings>;
    era?: 'legacy' | undefined;
    token?: string;
  } & Partial<StdioOptions> = {},
): Promise<StdioUpstream> {
  const { server, settings, era = 'legacy', token = '', ...others } = options;
  return openStdio(
    {
      name: 'odd',
      command: process.execPath,
      args: [ODD_SERVER, oddity, token],
      env: {},
      timeouts: DEFAULT_TIMEOUTS,
      ...server,
    },
    {
      programs,
      client: { clientInfo: { name: 'metamcp', version: '1' }, capabilities: {} },
      logger: SILENT,
      ...others,
      settings: { ...QUICK, ...settings },
    },
    'era' in options ? options.era : era,
  );
}

export function ask(upstream: StdioUpstream, method: string, params?: JsonObject): Promise<JsonObject> {
  return request(upstream, { method, params });
}

/** The processes that have a text in their command line, zombies not counted. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}
