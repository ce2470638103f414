import type { RequirementsOf } from './requirement.ts';

/** Many servers as one: what a client of `/mcp` may rely on. */
export const aggregate = {
  'aggregate-acknowledged-after': {
    requirement:
      'Who listens to the aggregate is told that its stream stands when those of the servers stand, or have not for 3 seconds.',
    source: 'docs/proxy.md; MCP 2026-07-28, basic/utilities/subscriptions',
  },
  'aggregate-names': {
    requirement:
      'A tool of the aggregate has one name, which stays, which every client accepts, and which no other tool can have.',
    source: 'docs/proxy.md, The aggregate',
  },
  'aggregate-lists': {
    requirement: 'A list of the aggregate holds what every server offers that the key may use, in an order that stays.',
    source: 'MCP 2025-11-25, server/tools, Listing Tools; docs/proxy.md, The aggregate',
  },
  'aggregate-bytes': {
    requirement:
      'Nothing of a tool changes in the aggregate but its name: unknown members and every digit of a number stay.',
    source: 'docs/proxy.md, The aggregate',
  },
  'aggregate-routes': {
    requirement:
      'A request reaches the server that has what it names, by the server’s own name of it, and no other server.',
    source: 'MCP 2025-11-25, server/tools, Calling Tools; docs/proxy.md, The aggregate',
  },
  'aggregate-resources': {
    requirement:
      'A resource is read where it is listed, else where a template matches, else at the only server that has resources.',
    source: 'docs/proxy.md, The aggregate',
  },
  'aggregate-uris': {
    requirement:
      'The URI of an interface or of a skill names its server to clients of the aggregate, wherever it stands, and leads to no other server.',
    source: 'docs/proxy.md, The aggregate; SEP-1865, Resource Discovery; SEP-2640, Skill URIs',
  },
  'aggregate-skills': {
    requirement:
      'The skills of all servers are listed, with the digests that their servers give, and none takes the place of another.',
    source: 'docs/proxy.md, The aggregate; SEP-2640, Names',
  },
  'aggregate-extensions': {
    requirement: 'Of its servers’ extensions the aggregate declares those that it can route, and no other.',
    source: 'docs/proxy.md, The aggregate; SEP-2133',
  },
  'aggregate-grants': {
    requirement: 'A key that is narrowed to tools of a server finds nothing else of that server in the aggregate.',
    source: 'docs/proxy.md, The aggregate',
  },
  'aggregate-facts': {
    requirement: 'The aggregate declares what one of its servers has, and says whose instructions are whose.',
    source: 'MCP 2025-11-25, basic/lifecycle, Capability Negotiation; docs/proxy.md, The aggregate',
  },
  'aggregate-order': {
    requirement:
      'What a server sends before its answer comes before it, in order, and progress carries the client’s own token.',
    source: 'MCP 2025-11-25, basic/utilities/progress',
  },
  'aggregate-cursors': {
    requirement:
      'A cursor of the aggregate opens the next page of its own list for its own key, and nothing else does.',
    source: 'MCP 2025-11-25, server/utilities/pagination, Implementation Guidelines',
  },
  'aggregate-tasks': {
    requirement: 'The id of a task leads back to the server that made it.',
    source: 'MCP 2025-11-25, basic/utilities/tasks; docs/proxy.md, The aggregate',
  },
  'aggregate-places': {
    requirement:
      'What clients hold of a server (ids of tasks, requests, progress tokens and events) leads to that server at that place, and to no other that gets its name.',
    source: 'docs/proxy.md, The aggregate',
  },
  'aggregate-one-broken': {
    requirement:
      'A server that hangs, fails or answers nonsense costs its own items only, for a bounded time, and is named with the reason.',
    source: 'docs/proxy.md, The aggregate',
  },
  'aggregate-last-known': {
    requirement: 'While a server is down its lists stay as they were, with the reason.',
    source: 'docs/proxy.md, The aggregate',
  },
  'aggregate-last-known-shared': {
    requirement:
      'While a server is down, every gateway lists what it gave last to any of them, also after a restart, and says why.',
    source: 'docs/proxy.md, The aggregate',
  },
  'aggregate-lists-bounded': {
    requirement:
      'What is remembered of lists is bounded in bytes, whatever clients declare, and no key drives out what others use.',
    source: 'docs/proxy.md, The aggregate',
  },
  'aggregate-session-state-bounded': {
    requirement: 'What a session keeps for its client while it is idle is bounded, whatever the client sends.',
    source: 'SECURITY.md, What a key, or a server, can make the gateway hold',
  },
  'aggregate-idle': {
    requirement: 'The aggregate holds no conversation with a server that nobody uses.',
    source: 'docs/proxy.md, The aggregate',
  },
  'aggregate-members': {
    requirement: 'What is asked of a server ends when the server leaves the aggregate, and nothing else does.',
    source: 'docs/proxy.md, The aggregate',
  },
  'aggregate-list-changed': {
    requirement:
      'Who listens hears once of changes that come together, and only of those that change what its key may see.',
    source: 'MCP 2025-11-25, server/tools, List Changed Notification; docs/proxy.md, The aggregate',
  },
  'aggregate-subscriptions': {
    requirement:
      'A modern listener learns first what is honoured, and gets what it asked for of the server that has it.',
    source: 'MCP 2026-07-28, basic/utilities/subscriptions',
  },
  'aggregate-server-requests': {
    requirement: 'Each request of a server’s has an id that no other server’s has, and its reply finds the server.',
    source: 'MCP 2025-11-25, client/elicitation; docs/proxy.md, The aggregate',
  },
  'aggregate-late': {
    requirement: 'A server that is opened later gets the client’s logging level and what the client watches.',
    source: 'MCP 2025-11-25, server/utilities/logging; docs/proxy.md, The aggregate',
  },
  'aggregate-view': {
    requirement:
      'A client narrows its view with ?servers=; one that begins with a name that its key can’t use is told which one.',
    source: 'docs/proxy.md, The aggregate',
  },
  'aggregate-unprefixed': {
    requirement: 'One server may keep its own names, and where it is alone all of it passes as it is.',
    source: 'docs/proxy.md, The aggregate',
  },
  'aggregate-sessions': {
    requirement:
      'Any replica takes a session of the aggregate up from its token, for its own key and view alone, until it is ended.',
    source: 'MCP 2025-11-25, basic/transports, Session Management; docs/proxy.md, The aggregate',
  },
  'aggregate-sessions-ended': {
    requirement: 'A session that its client has ended is ended on all replicas, and after a restart.',
    source: 'MCP 2025-11-25, basic/transports, Session Management; docs/proxy.md, The aggregate',
  },
  'aggregate-sessions-idle': {
    requirement: 'A session that nobody uses holds nothing, here or at a server.',
    source: 'docs/proxy.md, The aggregate',
  },
  'aggregate-sessions-bounded': {
    requirement:
      'The sessions that hold anything are bounded, for each key and in all; idle ones make room, and no client is refused.',
    source: 'docs/proxy.md, The aggregate',
  },
  'aggregate-sessions-parked': {
    requirement:
      'A session that has called tools holds 2 KB at most while it is idle, and goes on in its sessions at servers, with all that it has set there.',
    source: 'docs/proxy.md, The aggregate',
  },
  'aggregate-lists-once': {
    requirement: 'A list of the aggregate is held and written once, however many sessions get it.',
    source: 'docs/proxy.md, The aggregate',
  },
  'aggregate-byte-lane': {
    requirement:
      'A call of a tool reaches an HTTP server as the bytes that the client sent, but for the name, where a conversation with it is open.',
    source: 'docs/proxy.md, The aggregate',
  },
} as const satisfies RequirementsOf<'aggregate'>;
