import type { Grants } from '../access/grants.ts';
import type { FeedEvent, FeedType } from './feedEvent.ts';

/** What a feed's reader may see. */
export interface Viewer {
  readonly keyId: string;
  /** With it the reader sees everything; without it its own key, the key's calls, and the servers that it may use. */
  readonly seesAll: boolean;
  readonly grants: Grants;
}

/** What the reader has chosen of it. */
export interface FeedFilter {
  /** Undefined: all. */
  readonly types: ReadonlySet<FeedType> | undefined;
  readonly server: string | undefined;
}

/** What a reader may have missed where it is not known what has changed. */
const CHANGES = ['key_changed', 'role_changed', 'server_changed'] as const;

/** Tells whether a reader gets an event: it has chosen it, and may see it. */
export function shows(event: FeedEvent, { types, server }: FeedFilter, viewer: Viewer): boolean {
  // Only readers that have chosen it observe it.
  if (event.type === 'system_health') return true;
  if (event.type === 'gap') return types === undefined || CHANGES.some((type) => types.has(type));
  if (types !== undefined && !types.has(event.type)) return false;
  const of = 'server' in event ? event.server : undefined;
  if (server !== undefined && of !== server) return false;
  if (viewer.seesAll) return true;
  // What a server prints may tell of other clients' calls.
  if (event.type === 'mcp_server_log') return false;
  if ('key' in event) return event.key === viewer.keyId;
  return of !== undefined && viewer.grants.forServer(of) !== undefined;
}
