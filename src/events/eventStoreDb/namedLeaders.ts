import { Notifier } from '../notifier.ts';
import type { Gossip, Target } from './channel.ts';
import type { Endpoint } from './connectionString.ts';
import { named } from './unreachable.ts';

/** How long the word of fewer than half of the nodes waits for the others, in ms. Each answers at once, unless it hangs. */
const OTHERS_MS = 1_000;

export interface Inquiry {
  /** Whom to ask first; those whom they name are asked, too. */
  readonly seeds: readonly Target[];
  /** Asks one node; undefined when it does not answer. @throws what is to end the search */
  readonly ask: (target: Target) => Promise<Gossip | undefined>;
  readonly signal: AbortSignal;
}

interface Named {
  readonly endpoint: Endpoint;
  /** How many nodes name it and no other. */
  voices: number;
  /** Whether it names itself. */
  namesItself: boolean;
  isYielded: boolean;
}

/**
 * Asks nodes which of them leads, and yields those that are named: at once whom more than half of them name, and else
 * first who names itself. A leader that was frozen while the others elected another one goes on naming itself until it
 * hears of that, and the others name both when they hear of it again: while two name themselves, there is none.
 */
export async function* namedLeaders({ seeds, ask, signal }: Inquiry): AsyncGenerator<Endpoint, void, undefined> {
  const heard = new Notifier();
  // A node may be asked by its address, and be named by its name.
  const known = new Set(seeds.flatMap(addressesOf));
  const leaders = new Map<string, Named>();
  let nodes = 0;
  let waitedFor = 0;
  let failure: { readonly error: unknown } | undefined;
  let namedAt: number | undefined;

  async function hear(target: Target): Promise<void> {
    nodes += 1;
    waitedFor += 1;
    try {
      const gossip = await ask(target);
      for (const endpoint of gossip?.leaders ?? []) {
        const name = named([endpoint]);
        const leader = leaders.get(name) ?? { endpoint, voices: 0, namesItself: false, isYielded: false };
        if (gossip?.leaders.length === 1) leader.voices += 1;
        if (addressesOf(target).includes(name)) leader.namesItself = true;
        leaders.set(name, leader);
        namedAt ??= performance.now();
      }
      for (const member of gossip?.members ?? []) {
        if (known.has(named([member]))) continue;
        known.add(named([member]));
        void hear(member);
      }
    } catch (error) {
      failure ??= { error };
    }
    waitedFor -= 1;
    heard.notify();
  }

  for (const seed of seeds) void hear(seed);
  for (;;) {
    const { count } = heard;
    if (failure !== undefined) throw failure.error;
    const all = [...leaders.values()];
    const left = all.filter(({ isYielded }) => !isYielded);
    const untilMs = namedAt === undefined ? undefined : namedAt + OTHERS_MS - performance.now();
    const isOver = waitedFor === 0 || (untilMs !== undefined && untilMs <= 0);
    const agreed = left.find(({ voices }) => voices * 2 > nodes);
    if (agreed === undefined && isOver && all.filter(({ namesItself }) => namesItself).length > 1) return;
    const next = agreed ?? (isOver ? left.sort(byWord)[0] : undefined);
    if (next !== undefined) {
      next.isYielded = true;
      yield next.endpoint;
    } else if (waitedFor === 0 || signal.aborted) return;
    else await heard.waitBeyond(count, signal, left.length === 0 ? undefined : untilMs);
  }
}

/** Who names itself lives; others may go on naming one that is dead. */
function byWord(a: Named, b: Named): number {
  return Number(b.namesItself) - Number(a.namesItself) || b.voices - a.voices;
}

function addressesOf({ host, port, certifiedAs = host }: Target): string[] {
  return [`${host}:${port}`, `${certifiedAs}:${port}`];
}
