import { resolve } from 'node:path';
import { z } from 'zod';
import { parseApiKey } from '../../../src/auth/keyFormat.ts';
import { FileUnreadable, readBounded } from '../../../src/boundedRead.ts';
import { Refused, Unavailable } from '../../../src/errors/appError.ts';
import type { Settings } from '../../../src/settings/settings.ts';
import { createGatewayFetch, type GatewayFetch } from '../../../src/tls/gatewayFetch.ts';
import type { Cli } from '../../cli.ts';
import { KEY_VARIABLE } from '../../clients/client.ts';
import { misuse } from '../../input/misuse.ts';
import { gatewayUrl } from '../../gateway/gatewayUrl.ts';
import { parseGatewayUrl } from './gateway.ts';

export interface HeadersOptions {
  readonly url?: string;
  readonly keyFile?: string;
}

/** Claude Code waits 10 s for its helper. In milliseconds. */
const PATIENCE_MS = 8_000;

const tokenSchema = z.object({ access_token: z.string(), token_type: z.literal('Bearer') });
const problemSchema = z.object({ code: z.string(), error: z.string() });

/** Writes the command that Claude Code runs for the headers of a connection. */
export function helperCommand(
  { programWords }: Pick<Cli, 'programWords'>,
  base: string,
  keyFile: string | undefined,
): string {
  const words = [...programWords, 'headers', '--url', base, ...(keyFile === undefined ? [] : ['--key-file', keyFile])];
  return words.map(quoted).join(' ');
}

/** Gets a token for the key and prints the headers: JSON in any case, as clients expect. */
export async function printHeaders(cli: Cli, { url, keyFile }: HeadersOptions): Promise<void> {
  const gateway = url === undefined ? ownGateway(await cli.readSettings()) : { base: parseGatewayUrl(url), ask: fetch };
  const key = keyFile === undefined ? keyOfEnvironment(cli) : await readKeyFile(resolve(cli.cwd, keyFile));
  const headers = { Authorization: `Bearer ${await exchange(gateway, key)}` };
  await cli.output.answerVerbatim(headers, JSON.stringify(headers));
}

interface AskedGateway {
  readonly base: string;
  readonly ask: GatewayFetch;
}

const ownGateway = (settings: Settings): AskedGateway => ({
  base: gatewayUrl(settings),
  ask: createGatewayFetch(settings.tls),
});

/** @throws Refused with the gateway's code; Unavailable `gateway-unreachable` */
async function exchange({ base, ask }: AskedGateway, key: string): Promise<string> {
  let response: Response;
  let answer: unknown;
  try {
    response = await ask(`${base}/api/v1/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ api_key: key }),
      // The key goes to the gateway that was named, and to no other.
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    answer = await response.json().catch(() => undefined);
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new Unavailable('gateway-unreachable', `No gateway answers at ${base}.`, { cause });
  }
  const token = tokenSchema.safeParse(answer);
  if (response.ok && token.success) return token.data.access_token;
  const problem = problemSchema.safeParse(answer);
  if (!problem.success) {
    throw new Unavailable(
      'gateway-unreachable',
      `What answers at ${base} is no gateway of MetaMCP (HTTP ${response.status}).`,
    );
  }
  const { code, error } = problem.data;
  throw response.status >= 500 ? new Unavailable(code, error) : new Refused(code, error);
}

function keyOfEnvironment({ env }: Cli): string {
  const key = env[KEY_VARIABLE];
  if (key === undefined || key === '') throw misuse(`Set ${KEY_VARIABLE} to the key, or name a file with --key-file.`);
  return checked(key);
}

/** Room for a key, and for white space around it. */
const MAX_KEY_BYTES = 65_536;

/** @throws Invalid `usage`; Refused `key-file-exposed` */
async function readKeyFile(path: string): Promise<string> {
  try {
    const bytes = await readBounded(path, {
      maxBytes: MAX_KEY_BYTES,
      inspect({ mode }) {
        if (process.platform === 'win32' || (mode & 0o077n) === 0n) return;
        throw new Refused('key-file-exposed', `Others may read the key’s file. Run: chmod 600 ${quoted(path)}`);
      },
    });
    return checked(bytes.toString('utf8'));
  } catch (error) {
    if (error instanceof FileUnreadable) throw misuse(`The key’s file can’t be read (${error.reason}).`);
    throw error;
  }
}

/** A slip is found here, and not sent anywhere. */
function checked(text: string): string {
  const key = parseApiKey(text.trim());
  if (key === undefined)
    throw new Refused('key-malformed', 'What is given as the key is none: a character is wrong, missing or too much.');
  return key.text;
}

/** For a shell, where it needs quotes. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
