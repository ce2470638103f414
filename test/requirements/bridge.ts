import type { RequirementsOf } from './requirement.ts';

/** Clients and servers of two eras: what each may rely on. */
export const bridge = {
  'bridge-square': {
    requirement:
      'What MCP has works between clients of every revision and servers of either era over every transport, unless a paragraph makes it impossible.',
    source: 'docs/proxy.md, The bridge',
  },
  'bridge-conformance': {
    requirement:
      'The conformance suite passes between the eras, over every transport, alone and aggregated, but for what a paragraph of the specification makes impossible.',
    source: '@modelcontextprotocol/conformance 0.2.0-alpha.12; docs/proxy.md, The bridge',
  },
  'bridge-interleaved': {
    requirement:
      'Whatever calls, inputs, cancellations and disconnections come at the same time: each request gets one answer, what comes before it keeps its order, and nothing is held when all are over.',
    source: 'docs/proxy.md, The bridge',
  },
  'bridge-finds-the-era': {
    requirement:
      'A server that speaks the client’s era is spoken with in it; the era of one of which nothing is known is found out by its refusal, and the client notices nothing.',
    source: 'MCP 2026-07-28, basic/versioning; docs/proxy.md, The bridge',
  },
  'bridge-parked-bound': {
    requirement:
      'A call that waits for its client goes on for its own key, server, tool and arguments alone, and its server gets nothing of any other attempt.',
    source: 'MCP 2026-07-28, basic/patterns/mrtr, Server Requirements',
  },
  'bridge-parked-cut': {
    requirement:
      'A call that waits for its client ends at the server once its key may not make it any more, its server changes, or the gateway stops.',
    source: 'docs/proxy.md, The bridge',
  },
  'bridge-parked-counted': {
    requirement:
      'A call that waits for its client is neither under way nor failed: each of its requests is counted as it was answered.',
    source: 'docs/proxy.md, The bridge',
  },
  'bridge-era-refused-once': {
    requirement:
      'A request that a server refuses in an era that it speaks is not sent to it again, and the client gets the refusal.',
    source: 'RFC 9110, 9.2.2; docs/proxy.md, The bridge',
  },
  'bridge-era-by-credential': {
    requirement:
      'What a key finds out with its own credential about the era of a server changes nothing for other keys.',
    source: 'docs/proxy.md, The bridge',
  },
  'bridge-replicas': {
    requirement: 'A call that waits for its client is gone on with on whichever replica the client asks.',
    source: 'docs/proxy.md, The bridge',
  },
  'bridge-legacy-client-inputs': {
    requirement:
      'What a modern server asks for during a call becomes requests to the legacy client, all at once; its replies go back with the same request and the server’s requestState as it was.',
    source: 'MCP 2026-07-28, basic/patterns/mrtr, Client Requirements',
  },
  'bridge-legacy-client-declared': {
    requirement: 'A legacy client is asked for nothing that it has not declared; the call ends with what is missing.',
    source:
      'MCP 2025-11-25, basic/lifecycle, Capability Negotiation; client/elicitation and client/sampling, Capabilities',
  },
  'bridge-legacy-client-refused': {
    requirement:
      'A call whose input the client refuses, does not give in time, or cancels, ends; the server does not get it again, and what is still asked of the client is withdrawn.',
    source: 'MCP 2025-11-25, basic/utilities/cancellation; docs/proxy.md, The bridge',
  },
  'bridge-legacy-client-rounds': {
    requirement: 'A modern server asks a legacy client for input at most 8 times during one call.',
    source: 'docs/proxy.md, The bridge',
  },
  'bridge-legacy-client-progress': {
    requirement: 'The progress of a legacy client’s request grows from one round of inputs to the next.',
    source: 'MCP 2025-11-25, basic/utilities/progress, Progress Flow',
  },
  'bridge-legacy-client-settings': {
    requirement:
      'The logging level of a legacy client goes with each of its requests to a modern server, and methods of the other era are unknown.',
    source: 'MCP 2026-07-28, server/utilities/logging; MCP 2025-11-25, server/utilities/logging',
  },
  'bridge-legacy-client-subscriptions': {
    requirement:
      'A legacy client that listens hears of the lists and resources that it would hear of from a legacy server; nothing is lost when it watches others.',
    source: 'MCP 2026-07-28, basic/patterns/subscriptions; MCP 2025-11-25, server/resources, Subscriptions',
  },
  'bridge-legacy-client-results': {
    requirement:
      'Results and errors of a modern server reach a legacy client in the form that the legacy revisions have.',
    source: 'MCP 2025-11-25, server/resources, Error Handling; MCP 2026-07-28, changelog',
  },
  'bridge-legacy-client-large-results': {
    requirement: 'A result of megabytes crosses the eras without holding up anybody else’s calls.',
    source: 'docs/architecture.md, One event loop for all',
  },
} as const satisfies RequirementsOf<'bridge'>;
