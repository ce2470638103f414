import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type grpc from '@grpc/grpc-js';
import { untilAborted } from '../untilAborted.ts';
import { NotConnected, type Channels, type Gossip, type Target } from './channel.ts';
import type { ConnectionSettings, Endpoint } from './connectionString.ts';
import { namedLeaders } from './namedLeaders.ts';
import { named, Unreachable } from './unreachable.ts';

/** How long a node may take to accept a connection. The leader of a cluster may be frozen, while others elect another one. */
const CONNECT_MS = { alone: 5_000, inCluster: 3_000 };

/** Finds the node to talk to: the server itself, or the leader of its cluster. */
export interface Discovery {
  /**
   * Connects to it; tries everybody once. @param hint who may be the leader
   * @throws Unreachable; a ServiceError when the user may not ask who leads
   */
  connect(hint: Endpoint | undefined): Promise<grpc.Channel>;
}

/** Makes the search for the node to talk to. @param metadata of each call, with the credentials */
export function createDiscovery(
  settings: ConnectionSettings,
  channels: Channels,
  metadata: () => grpc.Metadata,
): Discovery {
  const { endpoints, discovers } = settings;
  const nodes = named(endpoints);
  const connectMs = discovers ? CONNECT_MS.inCluster : CONNECT_MS.alone;
  /** Members that other nodes have named: a cluster is found again also when all that the settings name are gone. */
  let known: readonly Endpoint[] = [];
  /** Those who were not there at last; others may go on naming them as the leader for minutes. */
  const distrusted = new Set<string>();

  async function connect(hint: Endpoint | undefined): Promise<grpc.Channel> {
    /** Who was called, and why in vain; no reason is that it does not lead. */
    const tried = new Map<string, NotConnected | undefined>();
    const answered: Endpoint[] = [];
    const silent = new Map<string, NotConnected>();
    const postponed: Target[] = [];
    // Who is asked and has not answered when the leader is found.
    using over = disposableSignal();
    const { signal } = over;

    async function attempt(target: Target): Promise<grpc.Channel | undefined> {
      const name = named([target]);
      if (tried.has(name)) return undefined;
      let channel: grpc.Channel | undefined;
      try {
        channel = await channels.connect(target, connectMs, signal);
        if (!discovers || (await leads(channel, target))) {
          distrusted.delete(name);
          return channel;
        }
        channel.close();
        tried.set(name, undefined);
        return undefined;
      } catch (error) {
        channel?.close();
        if (!(error instanceof NotConnected)) throw error;
        distrusted.add(name);
        tried.set(name, error);
        return undefined;
      }
    }

    for await (const target of candidates(hint, answered, silent, signal)) {
      if (discovers && distrusted.has(named([target]))) postponed.push(target);
      else {
        const channel = await attempt(target);
        if (channel !== undefined) return channel;
      }
    }
    for (const target of postponed) {
      const channel = await attempt(target);
      if (channel !== undefined) return channel;
    }
    throw unreached(answered.length > 0, tried, silent);
  }

  /**
   * Asks a node itself, because others may name one that was started again: it answers reads before it leads, and shows what
   * it alone has and may have to cut off. Whoever has led shows nothing of that kind for as long as its process runs.
   */
  async function leads(channel: grpc.Channel, target: Target): Promise<boolean> {
    const { leaders, members } = await channels.gossipOver(channel, metadata());
    const isTarget = (endpoint: Endpoint): boolean => named([endpoint]) === named([target]);
    // One that it does not know by this address is one for which the others speak.
    return leaders.some(isTarget) || (leaders.length > 0 && !members.some(isTarget));
  }

  /** Who may be the leader, in the order in which to try them. */
  async function* candidates(
    hint: Endpoint | undefined,
    answered: Endpoint[],
    silent: Map<string, NotConnected>,
    signal: AbortSignal,
  ): AsyncGenerator<Target, void, undefined> {
    if (hint !== undefined) yield hint;
    if (!discovers) {
      yield* endpoints;
      return;
    }
    const ask = async (target: Target): Promise<Gossip | undefined> => {
      try {
        const gossip = await channels.gossip(target, metadata(), signal);
        answered.push(target);
        if (gossip.members.length > 0) known = gossip.members;
        return gossip;
      } catch (error) {
        if (!(error instanceof NotConnected)) throw error;
        silent.set(named([target]), error);
        return undefined;
      }
    };
    yield* namedLeaders({ seeds: await seeds(silent), ask, signal });
  }

  /** All addresses of the nodes that the settings name, and the members that these have named. */
  async function seeds(silent: Map<string, NotConnected>): Promise<Target[]> {
    const resolved = await Promise.all(
      endpoints.map(async (endpoint): Promise<Target[]> => {
        if (isIP(endpoint.host.replace(/^\[|\]$/g, '')) !== 0) return [endpoint];
        try {
          return await addressesOf(endpoint, settings.gossipTimeoutMs);
        } catch (error) {
          const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
          silent.set(named([endpoint]), new NotConnected(`its name can’t be resolved (${code})`, { cause: error }));
          return [];
        }
      }),
    );
    const targets = new Map([...resolved.flat(), ...known].map((target) => [named([target]), target]));
    for (const target of resolved.flat()) targets.set(named([target]), target);
    return [...targets.values()];
  }

  function unreached(
    answered: boolean,
    tried: ReadonlyMap<string, NotConnected | undefined>,
    silent: ReadonlyMap<string, NotConnected>,
  ): Unreachable {
    const failed = [...tried].flatMap(([node, error]) => (error === undefined ? [] : [[node, error] as const]));
    const why = [...failed, ...silent];
    // A certificate that is not trusted is nothing that waiting would mend.
    const [node, cause] = why.find(([, error]) => error.message.includes('tlsCAFile')) ?? why[0] ?? [nodes, undefined];
    const reason = cause === undefined ? '' : `: ${cause.message}`;
    if (!discovers) return new Unreachable(`EventStoreDB at ${nodes} can’t be reached${reason}.`, { answered, cause });
    if (!answered)
      return new Unreachable(`No node of EventStoreDB (${nodes}) can be reached${reason}.`, { answered, cause });
    const leader = failed.length > 0 ? `The leader of EventStoreDB, ${node}, can’t be reached${reason}.` : undefined;
    return new Unreachable(leader ?? `EventStoreDB (${nodes}) has no leader now.`, { answered, cause });
  }

  return { connect };
}

/** Aborted when its scope ends. */
function disposableSignal(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      controller.abort();
    },
  };
}

async function addressesOf({ host, port }: Endpoint, withinMs: number): Promise<Target[]> {
  const found = await untilAborted(lookup(host, { all: true }), AbortSignal.timeout(withinMs));
  return (found ?? []).map(({ address, family }) => ({
    host: family === 6 ? `[${address}]` : address,
    port,
    certifiedAs: host,
  }));
}
