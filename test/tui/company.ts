import { apiKeyStream } from '../../src/events/streamName.ts';
import type { JsonObject } from '../../src/events/eventStore.ts';
import { chain } from '../../src/events/hashChain.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, mcpServerStream } from '../../src/events/mcpServer.ts';
import { uuidV7 } from '../../src/ids.ts';
import type { Stores } from '../../src/stores/stores.ts';
import { ELSEWHERE } from './tuiWorld.ts';

export interface Company {
  readonly people: number;
  readonly servers: number;
  /** They go round among the people. Those of every second person have the role engineering. */
  readonly keys: number;
}

/**
 * Makes a company, as its administrators would have it: who owns a key is `person-07@example.org`. Keys and servers are written as
 * events, and projected at once: a command for each would take minutes. Nobody has the secrets of the keys.
 */
export async function makeCompany(stores: Stores, { people, servers, keys }: Company): Promise<void> {
  await stores.roles.create('sales', { scopes: ['mcp'], grants: ['server-02'] }, ELSEWHERE);
  await stores.roles.create('engineering', { scopes: ['mcp'], grants: ['server-01', 'server-02'] }, ELSEWHERE);
  const engineering = await stores.roles.find(['engineering']);
  const chainKey = await stores.vault.systemKey('chain');
  const append = async (stream: string, type: string, data: JsonObject): Promise<void> => {
    const metadata = { schema: 1, at: new Date().toISOString(), ...ELSEWHERE };
    const event = { id: crypto.randomUUID(), type, data, metadata };
    await stores.events.append(stream, 'no-stream', chain(chainKey, stream, undefined, [event]));
  };
  const server = {
    transport: 'http',
    url: 'http://127.0.0.1:9/mcp',
    isolation: 'session',
    limits: DEFAULT_LIMITS,
    timeouts: DEFAULT_TIMEOUTS,
  };
  const key = (at: number) => {
    const person = at % people;
    const isEngineer = person % 2 === 0;
    return {
      name: `key ${String(Math.floor(at / people))} of person-${two(person)}`,
      owner: ownerOf(person),
      tags: [`team=${isEngineer ? 'engineering' : 'sales'}`],
      ...(isEngineer
        ? { scopes: [], grants: [], roles: engineering }
        : { scopes: ['mcp'], grants: ['server-02', 'github:search_*'] }),
      sealed: { dek: crypto.randomUUID(), box: Buffer.alloc(400).toString('base64url') },
    };
  };
  await Promise.all([
    ...times(servers, (at) => append(mcpServerStream(`server-${two(at)}`), 'McpServerRegistered', server)),
    ...times(keys, (at) => append(apiKeyStream(uuidV7(Date.now())), 'ApiKeyCreated', key(at))),
  ]);
  await stores.projections.pump();
}

export function ownerOf(person: number): string {
  return `person-${two(person)}@example.org`;
}

function times<T>(count: number, make: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at));
}

function two(at: number): string {
  return String(at).padStart(2, '0');
}
