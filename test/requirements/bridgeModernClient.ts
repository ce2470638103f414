import type { RequirementsOf } from './requirement.ts';

/** Modern clients of legacy servers: what each may rely on. */
export const bridgeModernClient = {
  'bridge-modern-client-input': {
    requirement:
      'What a legacy server asks for during a call of a modern client is the result of that call, and its repeat brings the server what it has asked for.',
    source: 'MCP 2026-07-28, basic/patterns/mrtr, Basic Workflow; docs/proxy.md, The bridge',
  },
  'bridge-modern-client-rounds': {
    requirement:
      'A call asks in as many rounds as its server needs, for several inputs in one, and again for what a repeat leaves out.',
    source: 'MCP 2026-07-28, basic/patterns/mrtr, Error Handling; docs/proxy.md, The bridge',
  },
  'bridge-modern-client-same-call': {
    requirement: 'A call goes on with a repeat of the same method and params only.',
    source: 'MCP 2026-07-28, basic/patterns/mrtr, Server Requirements',
  },
  'bridge-modern-client-once': {
    requirement:
      'A requestState goes on with its call once; one that was used, lost or is another client’s is an error, and never runs the call anew.',
    source: 'MCP 2026-07-28, basic/patterns/mrtr, Server Requirements; docs/proxy.md, The bridge',
  },
  'bridge-modern-client-expiry': {
    requirement:
      'A call waits for its client for 5 minutes at most; then the server gets an error and the call is cancelled.',
    source: 'docs/proxy.md, The bridge',
  },
  'bridge-modern-client-urls': {
    requirement:
      'A call that a legacy server refuses until its user has opened a URL is sent again when the user has agreed to, and not otherwise.',
    source: 'MCP 2025-11-25, client/elicitation, URL Elicitation Required Error; docs/proxy.md, The bridge',
  },
  'bridge-modern-client-bounded': {
    requirement: 'Calls that wait for their clients are bounded in number and bytes, for each key and in all.',
    source: 'SECURITY.md, What a key, or a server, can make the gateway hold; docs/proxy.md, The bridge',
  },
  'bridge-modern-client-cancelled': {
    requirement:
      'A client that leaves while it waits cancels its call at the server; one that has been asked for input has not left.',
    source: 'MCP 2026-07-28, basic/patterns/cancellation; docs/proxy.md, The bridge',
  },
  'bridge-modern-client-idle': {
    requirement: 'A server is not blamed for its silence while a request of its own waits for the answer.',
    source: 'docs/proxy.md, The bridge',
  },
  'bridge-modern-client-progress': {
    requirement:
      'What a server sends during a call goes to the request that waits for it now, with the progress token of that one.',
    source: 'MCP 2026-07-28, basic/patterns/progress; docs/proxy.md, The bridge',
  },
  'bridge-modern-client-logs': {
    requirement: 'A request gets log messages of the level that it names and above, and none where it names no level.',
    source: 'MCP 2026-07-28, server/utilities/logging',
  },
  'bridge-modern-client-unknown': {
    requirement: 'A modern client gets no notification that its revision does not have.',
    source: 'MCP 2026-07-28, changelog',
  },
  'bridge-modern-client-facts': {
    requirement: 'A legacy server looks to modern clients as one of their own, and never gets what it does not know.',
    source: 'MCP 2026-07-28, server/discover, and basic: _meta; docs/proxy.md, The bridge',
  },
  'bridge-modern-client-results': {
    requirement:
      'Results of a legacy server are complete and not to be cached, and its errors have the codes of the modern revision.',
    source: 'MCP 2026-07-28, basic, and server/utilities/caching; docs/proxy.md, The bridge',
  },
  'bridge-modern-client-capabilities': {
    requirement:
      'A legacy server is told, in a session of their own, what clients declare, and can ask none for what that one has not declared.',
    source: 'MCP 2026-07-28, basic/patterns/mrtr, Server Requirements; docs/proxy.md, The bridge',
  },
  'bridge-modern-client-sessions': {
    requirement: 'The sessions of a bridge are bounded, and none ends while a call of it is under way or waits.',
    source: 'docs/proxy.md, The bridge',
  },
  'bridge-modern-client-outside': {
    requirement:
      'A request of a legacy server belongs to the call that is under way, whichever way it comes, and is refused at once outside of calls.',
    source: 'MCP 2026-07-28, basic/patterns/mrtr; docs/proxy.md, The bridge',
  },
  'bridge-modern-client-listening': {
    requirement:
      'A modern client is told what of its filter a legacy server honours, and then of that alone; each resource is asked for once.',
    source: 'MCP 2026-07-28, basic/patterns/subscriptions; docs/proxy.md, The bridge',
  },
  'bridge-modern-client-health': {
    requirement: 'Calls that wait for what a server has asked of their clients are shown in the health of the server.',
    source: 'docs/proxy.md, The bridge',
  },
} as const satisfies RequirementsOf<'bridge'>;
