import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import { Unavailable } from '../errors/appError.ts';
import { gatewayStopping } from '../errors/gatewayStopping.ts';
import { keyOfCredential } from '../live/keyServer.ts';
import type { LiveServer } from '../live/liveServer.ts';
import type { Era } from '../mcp/eras.ts';
import type { OpenAsGateway } from './openAsGateway.ts';
import { WatchedTools, type ShownTools } from './watchedTools.ts';

/** How old may be what a server has shown of its tools when one of them is called, in milliseconds. */
const CONFIRMED_MS = 5_000;
/** From this age on the server is asked again while calls go on, so that none waits for it, in milliseconds. */
const RENEW_MS = CONFIRMED_MS / 2;
/** How long a call waits for a server to show its tools, in milliseconds. */
const WAIT_MS = 10_000;
/** How long the conversation with a server is kept after the last call, in milliseconds. */
const IDLE_MS = 60_000;
const MAX_WATCHED = 1_000;

export interface ConfirmedToolsOptions {
  readonly open: OpenAsGateway;
  readonly clock: Clock;
  /** Called when a server sends that its tools changed. */
  readonly onAnnounced: (server: string) => void;
  /** In milliseconds. (Default: 60_000) */
  readonly idleMs?: number;
}

/** What servers that hold changed tools back have shown of their tools a moment ago. */
export interface ConfirmedTools extends AsyncDisposable {
  /** Answers synchronously what is young enough; else the server is asked, once for all who wait. @throws AppError when it shows nothing */
  find(server: LiveServer, era: Era): ShownTools | Promise<ShownTools>;
  /** What a server has shown counts no more. */
  outdate(server: string): void;
  /** A server is another one, or gone: nothing is open with it any more. */
  retire(server: string): void;
  /** The same for what is open in the name of a key alone, which was changed or is gone. */
  retireKey(key: string): void;
}

interface Watched {
  /** The only key that it is for: its values for the server are its own. */
  readonly key: string | undefined;
  readonly revision: number;
  readonly tools: WatchedTools;
  /** Ends it when nobody calls its tools any more. */
  readonly idle: NodeJS.Timeout;
}

/** Makes what confirms definitions of tools. docs/architecture.md, What servers offer. */
export function createConfirmedTools(options: ConfirmedToolsOptions): ConfirmedTools {
  const { open, clock, onAnnounced, idleMs = IDLE_MS } = options;
  const closing = new Set<Promise<void>>();
  let isClosed = false;
  const watched = new LRUCache<string, Watched>({
    max: MAX_WATCHED,
    dispose: ({ tools, idle }, id) => {
      clearTimeout(idle);
      const closed = tools
        .end(isClosed ? gatewayStopping() : serverChanged(serverOf(id)))
        .finally(() => closing.delete(closed));
      closing.add(closed);
    },
  });

  function watch(server: LiveServer, era: Era): WatchedTools {
    const id = `${server.name} ${era} ${server.credential ?? ''}`;
    const known = watched.get(id);
    if (known?.revision === server.revision) {
      known.idle.refresh();
      return known.tools;
    }
    const tools = new WatchedTools({
      server: server.name,
      open: (signal) => open(server, era, signal),
      clock,
      waitMs: WAIT_MS,
      onAnnounced: () => onAnnounced(server.name),
    });
    const idle = setTimeout(() => {
      // A call that waits for a slow server is one that calls.
      if (tools.isReading) idle.refresh();
      else watched.delete(id);
    }, idleMs).unref();
    const key = server.credential === undefined ? undefined : keyOfCredential(server.credential);
    watched.set(id, { key, revision: server.revision, tools, idle });
    return tools;
  }

  function ofServer(name: string): string[] {
    return [...watched.keys()].filter((id) => serverOf(id) === name);
  }

  return {
    find(server, era) {
      if (isClosed) throw gatewayStopping();
      const tools = watch(server, era);
      const { shown } = tools;
      const ageMs = shown === undefined ? Infinity : clock() - shown.askedAt;
      if (shown === undefined || ageMs >= CONFIRMED_MS) return tools.read();
      // A failure shows when what there is has become too old.
      if (ageMs >= RENEW_MS) tools.read().catch(() => undefined);
      return shown;
    },
    outdate(name) {
      for (const id of ofServer(name)) watched.peek(id)?.tools.outdate();
    },
    retire(name) {
      for (const id of ofServer(name)) watched.delete(id);
    },
    retireKey(key) {
      for (const [id, each] of [...watched.entries()]) if (each.key === key) watched.delete(id);
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      watched.clear();
      await Promise.all(closing);
    },
  };
}

/** The server of an id of what is watched; names of servers have no space. */
function serverOf(id: string): string {
  return id.slice(0, id.indexOf(' '));
}

function serverChanged(server: string): Unavailable {
  return new Unavailable('server-changed', `The server "${server}" was changed while the call waited: call again.`);
}
