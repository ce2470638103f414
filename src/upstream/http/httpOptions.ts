import type { Room } from '../room.ts';
import type { ClientFacts } from '../upstream.ts';
import type { UpstreamAgents } from './agents.ts';

/** What an Upstream over Streamable HTTP is opened with. */
export interface HttpOptions {
  readonly agents: UpstreamAgents;
  readonly client: ClientFacts;
  /** The path of the request for which it is opened (RFC 9110, 7.6.3). */
  readonly via?: string | undefined;
  /** Makes room for each answer that is read. */
  readonly leaseRoom?: (() => Room) | undefined;
  /** Called when the server sends that a list of its has changed. */
  readonly onListChanged?: ((server: string) => void) | undefined;
  /** Aborting it ends the opening. */
  readonly signal?: AbortSignal | undefined;
}
