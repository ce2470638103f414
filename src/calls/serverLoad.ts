import type { ServerCalls } from './registration.ts';

/** What is under way at a server. */
export interface ServerLoad {
  /** Undefined: of what uses no single server, as at `/mcp`, and of feeds. */
  readonly server: string | undefined;
  readonly calls: number;
  /** Standing streams of clients. */
  readonly streams: number;
  /** Conversations and aggregates that outlive calls. */
  readonly held: number;
}

/** Looks at each of its calls. */
export function loadOf(server: string | undefined, { calls, underWay }: ServerCalls): ServerLoad {
  let streams = 0;
  let held = 0;
  calls.forEach(({ call: { standing, holds } }) => {
    if (holds === 'conversation' || holds === 'aggregate') held += 1;
    else if (standing && holds === undefined) streams += 1;
  });
  return { server, calls: underWay, streams, held };
}
