import { LRUCache } from 'lru-cache';
import { compileGrants } from '../../access/grants.ts';
import type { Principal } from '../../auth/principal.ts';
import { Invalid } from '../../errors/appError.ts';
import { SERVER_NAME } from '../../events/mcpServer.ts';
import type { LiveKeys } from '../../live/liveKeys.ts';
import type { LiveServers } from '../../live/liveServer.ts';
import { View } from './view.ts';

/** Views remembered beside those that somebody goes by. */
const REMEMBERED = 1_000;

/** Servers that a client may name; their names are part of what sessions are sealed with. */
const MAX_NAMED = 100;

export interface ViewsOptions {
  readonly servers: LiveServers;
  readonly keys: Pick<LiveKeys, 'onChange'>;
}

/** The views of the aggregate, one for each key and each choice of servers. */
export interface Views extends Disposable {
  /** Finds the view of a request. @param target its request target @throws Invalid */
  viewOf(principal: Principal, target: string): View;
}

/** Makes the set of views, with none in it. */
export function createViews({ servers, keys }: ViewsOptions): Views {
  /** All that anybody goes by, from the request that found it on: one that is no longer remembered follows what changes, too. */
  const byName = new Map<string, WeakRef<View>>();
  const remembered = new LRUCache<string, View>({ max: REMEMBERED });
  const forgotten = new FinalizationRegistry<string>((name) => {
    if (byName.get(name)?.deref() === undefined) byName.delete(name);
  });
  const all = (): View[] => [...byName.values()].flatMap((one) => one.deref() ?? []);
  const stop = [
    servers.onChange((name, server) => {
      for (const view of all()) view.serverChanged(name, server);
    }),
    servers.onNames(() => {
      for (const view of all()) view.namesChanged();
    }),
    keys.onChange((id, key) => {
      for (const view of all()) {
        const { principal } = view;
        if (principal.keyId !== id) continue;
        view.grantTo({ ...principal, key, grants: key?.grants ?? NOTHING, scopes: key?.scopes ?? new Set() });
      }
    }),
  ];

  return {
    viewOf(principal, target) {
      const only = serversOf(target);
      const place = only === undefined ? '*' : `* ${[...only].sort().join(',')}`;
      const name = `${principal.keyId} ${place}`;
      const known = byName.get(name)?.deref();
      const view = known ?? new View({ servers, principal, only, place });
      if (known === undefined) {
        byName.set(name, new WeakRef(view));
        forgotten.register(view, name);
      }
      remembered.set(name, view);
      view.grantTo(principal);
      return view;
    },
    [Symbol.dispose]() {
      for (const end of stop) end();
    },
  };
}

const NOTHING = compileGrants([]);

/** Reads which servers a client wants to see; undefined: all that it may. @throws Invalid */
function serversOf(target: string): ReadonlySet<string> | undefined {
  const query = target.indexOf('?');
  if (query === -1) return undefined;
  const parameters = new URLSearchParams(target.slice(query + 1));
  const named = parameters.getAll('servers');
  // Who wants one server is not shown all of them.
  const isMisspelt = parameters.has('server');
  if (named.length === 0 && !isMisspelt) return undefined;
  const names = named.flatMap((text) => text.split(',')).map((text) => text.trim());
  if (isMisspelt || names.length > MAX_NAMED || !names.every((name) => SERVER_NAME.test(name))) {
    throw new Invalid('servers-invalid', 'Name servers as in /mcp?servers=github,files, or leave "servers" out.');
  }
  return new Set(names);
}
