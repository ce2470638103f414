import { Unavailable } from '../errors/appError.ts';
import { untilAborted } from '../events/untilAborted.ts';
import type { LiveServers } from '../live/liveServer.ts';
import type { Era } from '../mcp/eras.ts';
import type { Queryable } from '../postgres/database.ts';
import { listTools } from '../upstream/catalogue.ts';
import type { Tool } from '../mcp/catalogueItems.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { audienceId, audienceOf, audienceOfId } from './audience.ts';
import { listRemembered } from './rememberedTable.ts';
import type { OpenAsGateway } from './openAsGateway.ts';

/** The tools that a server shows when it is asked. */
export interface OfferedNow {
  /** Who is shown them. */
  readonly audience: string;
  readonly tools: readonly Tool[];
}

/** Has a server show its tools to a client that declares no capabilities. @throws UpstreamError, Unavailable, the reason of the signal */
export async function readOfferedNow(upstream: Upstream, signal: AbortSignal): Promise<OfferedNow> {
  const { items } = await listTools(upstream, { signal });
  return { audience: audienceId(audienceOf(upstream.facts.era, {})), tools: items };
}

/** How long a server may take to show its tools, in milliseconds. */
const ASK_MS = 30_000;
const ERAS = ['modern', 'legacy'] as const satisfies readonly Era[];

/**
 * Finds the eras in which a server is asked for its tools: those in which it has shown them, for it may show clients of each era
 * others; undefined: its own. @throws Unavailable
 */
export async function erasToAsk(
  db: Queryable,
  { name, revision }: { readonly name: string; readonly revision: number },
): Promise<readonly (Era | undefined)[]> {
  const seen = new Set((await listRemembered(db, name, revision)).map(({ audience }) => audienceOfId(audience).era));
  return seen.size === 0 ? [undefined] : ERAS.filter((era) => seen.has(era));
}

/** Makes what has a server show its tools to the gateway itself, in each era in which it has shown them before. */
export function createAskForTools({
  db,
  servers,
  open,
}: {
  readonly db: Queryable;
  readonly servers: Pick<LiveServers, 'find'>;
  readonly open: OpenAsGateway;
}): (of: { readonly name: string; readonly revision: number }) => Promise<readonly OfferedNow[]> {
  return async ({ name, revision }) => {
    const server = await servers.find(name);
    if (server === undefined) return [];
    const eras = await erasToAsk(db, { name, revision });
    const signal = AbortSignal.timeout(ASK_MS);
    const ask = async (): Promise<readonly OfferedNow[]> => {
      const offered: OfferedNow[] = [];
      for (const era of eras) {
        await using upstream = await open(server, era ?? ERAS[0], signal);
        offered.push(await readOfferedNow(upstream, signal));
      }
      return offered;
    };
    const offered = await untilAborted(ask(), signal);
    if (offered !== undefined) return offered;
    throw new Unavailable(
      'upstream-timeout',
      `The server "${name}" did not show its tools within ${ASK_MS / 1_000} s. To see why: metamcp-cli servers test ${name}`,
    );
  };
}
