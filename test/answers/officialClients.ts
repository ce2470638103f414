import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { PATIENCE_MS } from './waiting.ts';

/** Where an official client connects. */
export interface Place {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the program that uses a client gets of its call. */
export type Called =
  | { readonly is: 'result'; readonly value: unknown }
  | { readonly is: 'failure'; readonly message: string }
  | { readonly is: 'hangs' };

/** An official client that makes one call of the tool `probe`. */
export interface OfficialClient {
  readonly name: string;
  readonly era: 'legacy' | 'modern';
  call(place: Place): Promise<Called>;
}

const INFO = { name: 'metamcp-test', version: '1.0.0' };
const TOOL = { name: 'probe', arguments: {} };

export const OFFICIAL_CLIENTS: readonly OfficialClient[] = [
  {
    name: 'sdk 1.32.2',
    era: 'legacy',
    call: (place) =>
      outcomeOf(async (signal) => {
        const client = new Client(INFO);
        await client.connect(
          new StreamableHTTPClientTransport(new URL(place.url), { requestInit: { headers: place.headers } }),
        );
        return { client, result: () => client.callTool(TOOL, undefined, { signal }) };
      }),
  },
  {
    name: 'client 2.4.0, legacy',
    era: 'legacy',
    call: (place) => callWithModern(place, 'legacy'),
  },
  {
    name: 'client 2.4.0, pinned to 2026-07-28',
    era: 'modern',
    call: (place) => callWithModern(place, { pin: '2026-07-28' }),
  },
];

function callWithModern({ url, headers }: Place, mode: 'legacy' | { pin: string }): Promise<Called> {
  return outcomeOf(async (signal) => {
    const client = new ModernClient(INFO, { versionNegotiation: { mode } });
    await client.connect(new ModernTransport(new URL(url), { requestInit: { headers } }));
    return { client, result: () => client.callTool(TOOL, { signal }) };
  });
}

async function outcomeOf(
  connect: (signal: AbortSignal) => Promise<{ client: { close(): Promise<void> }; result: () => Promise<unknown> }>,
): Promise<Called> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), PATIENCE_MS);
  try {
    const { client, result } = await connect(late.signal);
    try {
      return { is: 'result', value: await result() };
    } finally {
      await client.close();
    }
  } catch (error) {
    return late.signal.aborted ? { is: 'hangs' } : { is: 'failure', message: String(error) };
  } finally {
    clearTimeout(timer);
  }
}
