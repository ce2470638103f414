import { LRUCache } from 'lru-cache';
import { compileGrants } from '../../access/grants.ts';
import type { Principal } from '../../auth/principal.ts';
import { Invalid } from '../../errors/appError.ts';
import { SERVER_NAME } from '../../events/mcpServer.ts';
import type { LiveKeys } from '../../live/liveKeys.ts';
import type { LiveServers } from '../../live/liveServer.ts';
import { View } from './view.ts';

/** Views remembered beside those in use. */
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
  const used = new Map<View, string>();
  const remembered = new LRUCache<string, View>({ max: REMEMBERED });
  const all = (): Set<View> => new Set([...used.keys(), ...remembered.values()]);
  const usedAs = (name: string): View | undefined => [...used].find(([, known]) => known === name)?.[0];
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
      const known = remembered.get(name) ?? usedAs(name);
      known?.grantTo(principal);
      const onUse = (one: View, isUsed: boolean): void => {
        // It was forgotten between the request and its first use: it has not followed what changed since.
        const isFollowed = used.has(one) || remembered.peek(name) === one;
        if (isUsed) used.set(one, name);
        else used.delete(one);
        if (isUsed && !isFollowed) one.namesChanged();
      };
      if (known !== undefined) {
        remembered.set(name, known);
        return known;
      }
      const view = new View({ servers, principal, only, place, onUse });
      remembered.set(name, view);
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
  const named = new URLSearchParams(target.slice(query + 1)).getAll('servers');
  if (named.length === 0) return undefined;
  const names = named.flatMap((text) => text.split(',')).map((text) => text.trim());
  if (names.length > MAX_NAMED || !names.every((name) => SERVER_NAME.test(name))) {
    throw new Invalid('servers-invalid', 'Name servers as in /mcp?servers=github,files, or leave "servers" out.');
  }
  return new Set(names);
}
