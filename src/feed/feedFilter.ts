import type { Grants } from '../access/grants.ts';
import type { FeedEvent, FeedType } from './feedEvent.ts';

/** Who reads a feed. */
export interface Viewer {
  readonly keyId: string;
  /** It sees everything; without this its own traffic, itself, and the servers that it may use. */
  readonly all: boolean;
  readonly grants: Grants;
}

/** What of it the reader asked for. */
export interface FeedFilter {
  /** Undefined: all. */
  readonly types: ReadonlySet<FeedType> | undefined;
  readonly server: string | undefined;
}

/** Tells whether a reader gets an event: it asked for it, and may see it. */
export function shows(event: FeedEvent, { types, server }: FeedFilter, viewer: Viewer): boolean {
  // Comes only to those who asked for it.
  if (event.type === 'system_health') return true;
  if (event.type === 'gap') return types === undefined || types.has('key_changed') || types.has('server_changed');
  if (types !== undefined && !types.has(event.type)) return false;
  const of = 'server' in event ? event.server : undefined;
  if (server !== undefined && of !== server) return false;
  if (viewer.all) return true;
  if ('key' in event) return event.key === viewer.keyId;
  return of !== undefined && viewer.grants.forServer(of) !== undefined;
}
