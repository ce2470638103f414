import type { RequirementsOf } from './requirement.ts';

/** What the gateway itself owes MCP clients while messages pass through it. */
export const mcp = {
  'mcp-dns-rebinding-403': {
    requirement: 'A foreign Host or Origin is answered with 403 before authentication; loopback names are served.',
    source: 'MCP 2025-11-25, basic/transports, Security Warning',
  },
  'mcp-accept-406': {
    requirement:
      'A POST must accept both JSON and an event stream, and a GET an event stream, or is answered with 406.',
    source: 'MCP 2025-11-25, basic/transports, Sending Messages to the Server; RFC 9110, 15.5.7',
  },
  'mcp-malformed-400': {
    requirement:
      'What is not JSON is -32700, what is not JSON-RPC is -32600, both with 400, and never reaches a server.',
    source: 'JSON-RPC 2.0, 5.1; MCP 2025-11-25, basic/transports, Sending Messages to the Server',
  },
  'mcp-notification-202': {
    requirement: 'An accepted notification or response is answered with 202 and no body.',
    source: 'MCP 2025-11-25, basic/transports, Sending Messages to the Server',
  },
  'mcp-request-json-or-sse': {
    requirement: 'A request is answered with one JSON object or an event stream, as the server chose.',
    source: 'MCP 2025-11-25, basic/transports, Sending Messages to the Server',
  },
  'mcp-bytes-unchanged': {
    requirement: 'Messages pass byte for byte both ways, with their ids, odd spacing and unknown fields.',
    source: 'docs/architecture.md, A call; MCP 2026-07-28, basic/versioning, Extension Negotiation',
  },
  'mcp-session-id-opaque': {
    requirement: 'A session id is visible ASCII, shows nothing of the server’s own id, and can’t be made or changed.',
    source: 'MCP 2025-11-25, basic/transports, Session Management',
  },
  'mcp-session-unknown-404': {
    requirement: 'A session id that is unknown, ended or forgotten by the server is answered with 404.',
    source: 'MCP 2025-11-25, basic/transports, Session Management',
  },
  'mcp-session-bound-to-key': {
    requirement: 'A session serves the key and the server that it was made for; for any other it is unknown.',
    source: 'MCP 2025-11-25, basic/security_best_practices, Session Hijacking',
  },
  'mcp-session-survives-restart': {
    requirement: 'A session goes on after the gateway was restarted, and on any replica.',
    source: 'docs/architecture.md, A call',
  },
  'mcp-session-delete': {
    requirement: 'DELETE ends the session on the server.',
    source: 'MCP 2025-11-25, basic/transports, Session Management',
  },
  'mcp-task-id-opaque': {
    requirement: 'The id of a task shows nothing of the server’s own id, and can’t be made or changed.',
    source: 'MCP 2025-11-25, basic/utilities/tasks, Security Considerations',
  },
  'mcp-task-bound-to-key': {
    requirement: 'A task serves the key and the server that it was made for; for any other it is unknown.',
    source: 'MCP 2025-11-25, basic/utilities/tasks, Task Isolation and Access Control; extension tasks, Error Handling',
  },
  'mcp-task-tool-granted': {
    requirement: 'A task of a tool that the key has lost is unknown, and a call that waits for it is cut.',
    source: 'docs/architecture.md, A call',
  },
  'mcp-task-undeclared': {
    requirement:
      'A modern client that does not declare tasks is told to, whatever task it names, and finds no method that the extension has removed.',
    source: 'MCP 2026-07-28, Error codes; extension tasks, Error Handling; Backward Compatibility',
  },
  'mcp-task-related': {
    requirement: 'A client can’t name another one’s task as the one that a message belongs to.',
    source: 'MCP 2025-11-25, basic/utilities/tasks, Associating Task-Related Messages',
  },
  'mcp-task-one-reading': {
    requirement: 'A message about tasks that parsers could read in different ways is refused.',
    source: 'RFC 8259, 4',
  },
  'mcp-task-list-closed': {
    requirement: 'A server’s list of tasks is neither offered nor answered.',
    source: 'MCP 2025-11-25, basic/utilities/tasks, Task Isolation and Access Control',
  },
  'mcp-task-streams': {
    requirement: 'On a stream, a client’s own tasks have the ids that it knows, and status of others does not pass.',
    source: 'MCP 2025-11-25, basic/utilities/tasks, Task Notifications; extension tasks, Task Status Notifications',
  },
  'mcp-task-client-own': {
    requirement: 'Tasks that the client runs for the server pass unchanged, both ways.',
    source: 'MCP 2025-11-25, basic/utilities/tasks, Definitions',
  },
  'mcp-initialize-without-session': {
    requirement: 'An initialize request begins a new session, whatever session id comes along.',
    source: 'MCP 2025-11-25, basic/transports, Session Management',
  },
  'mcp-get-stream': {
    requirement: 'GET opens the server’s stream at once, or answers 405 when the server offers none.',
    source: 'MCP 2025-11-25, basic/transports, Listening for Messages from the Server',
  },
  'mcp-resume-last-event-id': {
    requirement: 'A broken stream is resumed with Last-Event-ID, which reaches the server.',
    source: 'MCP 2025-11-25, basic/transports, Resumability and Redelivery',
  },
  'mcp-one-stream-per-message': {
    requirement: 'A message reaches the client on the stream on which the server sent it, and on no other.',
    source: 'MCP 2025-11-25, basic/transports, Multiple Connections',
  },
  'mcp-disconnect-is-no-cancel': {
    requirement: 'A legacy client that loses its connection cancels nothing.',
    source: 'MCP 2025-11-25, basic/transports, Sending Messages to the Server',
  },
  'mcp-close-cancels': {
    requirement: 'A modern client cancels a request by closing its stream, which the server notices.',
    source: 'MCP 2026-07-28, basic/transports/streamable-http, Cancellation',
  },
  'mcp-modern-cancelled-names-nothing': {
    requirement:
      'A modern client’s notifications/cancelled over HTTP ends no request, for requests of several clients may have the same id.',
    source: 'MCP 2026-07-28, basic/transports/streamable-http, Cancellation; docs/proxy.md, Messages',
  },
  'mcp-cancelled-reaches-server': {
    requirement: 'A legacy cancellation reaches the server with the request id that the server knows.',
    source: 'MCP 2025-11-25, basic/utilities/cancellation',
  },
  'mcp-batch-by-era': {
    requirement: 'A legacy batch passes; a batch with a modern message is -32600.',
    source: 'MCP 2025-03-26, basic; MCP 2026-07-28, basic/transports/streamable-http, Sending Messages',
  },
  'mcp-sse-unbuffered': {
    requirement:
      'Events reach the client as they come, and nothing on the way is told that it may buffer or cache them.',
    source: 'MCP 2026-07-28, basic/transports/streamable-http, Receiving Messages',
  },
  'mcp-sse-keep-alive': {
    requirement: 'A silent stream carries a comment every 15 s, never within an event.',
    source: 'MCP 2026-07-28, basic/transports/streamable-http, Receiving Messages',
  },
  'mcp-header-mismatch-400': {
    requirement:
      'A modern request whose headers are missing or differ from its body, once decoded, is 400 with -32020.',
    source: 'MCP 2026-07-28, basic/transports/streamable-http, Server Validation',
  },
  'mcp-envelope-400': {
    requirement: 'A modern request without its required _meta is 400 with -32602.',
    source: 'MCP 2026-07-28, basic, _meta',
  },
  'mcp-version-is-servers-choice': {
    requirement: 'Which protocol version is supported is answered by the server, not by the gateway.',
    source: 'MCP 2026-07-28, basic/versioning, Protocol Version Negotiation',
  },
  'mcp-modern-no-session': {
    requirement: 'A modern request has no session id and no Last-Event-ID: they are ignored and never made.',
    source: 'MCP 2026-07-28, basic/transports/streamable-http, Earlier Streamable HTTP Revisions',
  },
  'mcp-mirrored-headers': {
    requirement: 'Mirrored headers of a modern request reach the server; on a legacy request they are not trusted.',
    source: 'MCP 2026-07-28, basic/transports/streamable-http, Server Behavior for Custom Headers; Server Validation',
  },
  'mcp-error-echoes-id': {
    requirement: 'An error about a request that could be read carries its id.',
    source: 'JSON-RPC 2.0, 5; MCP 2026-07-28, basic/transports/streamable-http, Server Validation',
  },
  'mcp-server-error-passes': {
    requirement: 'A JSON-RPC error of the server keeps its status and its body, such as 404 with -32601.',
    source: 'MCP 2026-07-28, basic/transports/streamable-http, Protocol Version Header',
  },
  'mcp-no-token-passthrough': {
    requirement: 'The client’s credential and cookies never reach a server.',
    source: 'MCP 2025-11-25, basic/authorization, Access Token Privilege Restriction',
  },
  'mcp-credential-every-request': {
    requirement: 'Every HTTP request needs a credential; a session is none.',
    source: 'MCP 2025-11-25, basic/security_best_practices, Session Hijacking',
  },
  'mcp-notifications-in-order': {
    requirement: 'Progress and log messages of a call arrive in order, before its result.',
    source: 'MCP 2025-11-25, basic/utilities/progress; server/utilities/logging',
  },
  'mcp-server-asks-client': {
    requirement:
      'A legacy server’s sampling, elicitation and roots requests reach the client, and the answers the server.',
    source: 'MCP 2025-11-25, client/sampling, client/elicitation, client/roots',
  },
  'mcp-input-required': {
    requirement: 'A modern server’s input requests and the client’s answers with requestState pass unchanged.',
    source: 'MCP 2026-07-28, basic/patterns/mrtr',
  },
  'mcp-change-notifications': {
    requirement: 'A client that watches hears of changed lists and resources, and nothing after it stopped watching.',
    source: 'MCP 2025-11-25, server/resources, Subscriptions; MCP 2026-07-28, basic/patterns/subscriptions',
  },
  'mcp-conformance': {
    requirement: 'The conformance suite passes completely through /mcp/<server>, 2025-11-25 and 2026-07-28.',
    source: 'docs/architecture.md, A call; @modelcontextprotocol/conformance 0.2.0-alpha.12',
  },
  'mcp-official-clients': {
    requirement: 'The official clients of both eras work through the gateway, with a key and with a token.',
    source: 'docs/architecture.md, Who may come in; docs/architecture.md, A call',
  },
  'mcp-real-programs': {
    requirement:
      'Servers and clients of others, as their users install them, work together through one gateway, all at once.',
    source: 'docs/proxy.md, The aggregate',
  },
  'mcp-list-keeps-what-was-read': {
    requirement: 'What is wrong with a page of a list, or with its cursor, costs none of what was read before.',
    source: 'MCP 2025-11-25, server/utilities/pagination',
  },
  'mcp-left-out-is-named': {
    requirement:
      'What of a server’s list can’t be used is left out, and named with what is wrong to whoever asked and in the log.',
    source: 'MCP 2025-11-25, server/tools; docs/troubleshooting.md, When something fails',
  },
  'mcp-null-is-absent': {
    requirement: 'Null in place of a member that need not be there is as if it were not there.',
    source: 'MCP 2025-11-25, schema; RFC 8259, 3',
  },
  'mcp-numbers-keep-their-text': {
    requirement: 'A number that JavaScript can’t hold passes as it was written, in arguments, results and lists.',
    source: 'RFC 8259, 6; docs/adr/0007-tool-grants-are-checked-on-the-bytes.md',
  },
  'mcp-results-are-nobody-elses': {
    requirement: 'What a tool answers, or is asked with, is in no log and no text of an error.',
    source: 'MCP 2025-11-25, server/tools, Security Considerations; SECURITY.md, What the gateway protects, and how',
  },
} as const satisfies RequirementsOf<'mcp'>;
