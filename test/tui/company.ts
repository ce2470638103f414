import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import type { HeldRole } from '../../src/events/heldRole.ts';
import type { Stores } from '../../src/stores/stores.ts';
import { ELSEWHERE } from './tuiWorld.ts';

/** As many commands at once as a process has connections to the database. */
const AT_ONCE = 8;

export interface Company {
  readonly people: number;
  readonly servers: number;
  /** They go round among the people. Those of every second person have the role engineering. */
  readonly keys: number;
}

/** Makes a company, as its administrators would have it: who owns a key is `person-07@example.org`. */
export async function makeCompany(stores: Stores, { people, servers, keys }: Company): Promise<void> {
  const settings = {
    transport: 'http' as const,
    url: 'http://127.0.0.1:9/mcp',
    isolation: 'session' as const,
    limits: DEFAULT_LIMITS,
    timeouts: DEFAULT_TIMEOUTS,
  };
  await stores.roles.create('sales', { scopes: ['mcp'], grants: ['server-02'] }, ELSEWHERE);
  await stores.roles.create('engineering', { scopes: ['mcp'], grants: ['server-01', 'server-02'] }, ELSEWHERE);
  const engineering = await stores.roles.find(['engineering']);
  await inParallel(servers, async (at) => {
    await stores.servers.register(`server-${two(at)}`, { settings, secrets: { headers: {}, env: {} } }, ELSEWHERE);
  });
  await inParallel(keys, async (at) => {
    const person = at % people;
    const roles: readonly HeldRole[] = person % 2 === 0 ? engineering : [];
    await stores.keys.create(
      {
        name: `key ${String(Math.floor(at / people))} of person-${two(person)}`,
        owner: ownerOf(person),
        tags: [`team=${person % 2 === 0 ? 'engineering' : 'sales'}`],
        scopes: roles.length > 0 ? [] : ['mcp'],
        grants: roles.length > 0 ? [] : ['server-02'],
        roles,
        expiresAt: undefined,
      },
      ELSEWHERE,
    );
  });
  await stores.projections.pump();
}

export function ownerOf(person: number): string {
  return `person-${two(person)}@example.org`;
}

function two(at: number): string {
  return String(at).padStart(2, '0');
}

async function inParallel(count: number, run: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < count) await run(next++);
    }),
  );
}
