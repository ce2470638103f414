import type { RequirementsOf } from './requirement.ts';

/** What may go wrong between the gateway and a server, and what must not follow from it. */
export const proxy = {
  'proxy-http-strict': {
    requirement:
      'An answer that two readers may understand in two ways is refused, and a connection is used again only after an answer that was whole and alone.',
    source: 'RFC 9112, 6.3 and 11.1',
  },
  'proxy-circuit-breaker': {
    requirement:
      'Calls to a server that answers nobody are refused at once, in each way to it: since when, why, and when it is tried again.',
    source: 'docs/operating.md, When a server does not answer',
  },
  'proxy-circuit-half-open': {
    requirement: 'After a while one call tries a server that is not asked; its success lets all others pass again.',
    source: 'docs/operating.md, When a server does not answer',
  },
  'proxy-circuit-slow': {
    requirement:
      'A server that is slow, or fails with some calls, and answers the gateway itself is taken from nobody.',
    source: 'docs/operating.md, When a server does not answer',
  },
  'proxy-circuit-shown': {
    requirement:
      'Whether calls are passed on to a server shows over REST, in the CLI and as a live event; for a program, too.',
    source: 'docs/operating.md, When a server does not answer',
  },
  'proxy-upstream-remedies': {
    requirement:
      'A server that can’t be reached or used is named with what to do, the same in each way to it, and is no stack in the log.',
    source: 'docs/troubleshooting.md, When something fails',
  },
  'proxy-upstream-failure-502': {
    requirement:
      'A server that is down, resets or does not speak MCP is a 502 that shows nothing of its address or page.',
    source: 'RFC 9110, 15.6.3; docs/architecture.md, A call',
  },
  'proxy-streams-bounded': {
    requirement: 'The sessions and standing streams that one key has open are bounded, of each kind and at /mcp, too.',
    source: 'docs/troubleshooting.md, When something fails; docs/proxy.md, Messages',
  },
  'proxy-timeout-named': {
    requirement: 'A call that ends by a time-out names it, its value and the setting, in each way to a server.',
    source: 'docs/troubleshooting.md, When something fails',
  },
  'proxy-timeout-504': {
    requirement: 'A server that falls silent or never finishes is a 504, and is told that nobody waits.',
    source: 'RFC 9110, 15.6.5; docs/architecture.md, A call',
  },
  'proxy-half-never-whole': {
    requirement: 'Half a JSON document or event of the server never looks whole to the client.',
    source: 'RFC 9112, 8; WHATWG HTML, 9.2.6',
  },
  'proxy-one-id-one-answer': {
    requirement:
      'A request gets one answer, for every client and wherever the server’s stream is cut; the exchange is over then.',
    source: 'MCP 2025-11-25, basic/transports, Sending Messages to the Server; JSON-RPC 2.0, 5; WHATWG HTML, 9.2.6',
  },
  'proxy-redirect-stays': {
    requirement: 'A redirect to another origin is refused, and the server’s credentials do not go there.',
    source: 'RFC 9110, 15.4; docs/architecture.md, A call',
  },
  'proxy-challenge-hidden': {
    requirement: 'A 401 or 403 of the server is about the gateway’s credential, and never looks like the client’s.',
    source: 'RFC 9110, 11.6; docs/architecture.md, A call',
  },
  'proxy-headers-allow-list': {
    requirement: 'Only listed headers pass in either direction, trace context among them; configured ones win.',
    source: 'RFC 9110, 7.6.1; W3C Trace Context; docs/architecture.md, A call',
  },
  'proxy-no-store': {
    requirement: 'No cache keeps an answer of an MCP endpoint, and no caching header of a server passes.',
    source: 'RFC 9111, 5.2.2.5',
  },
  'proxy-quotes-redacted': {
    requirement: 'What an error quotes of a server is cut, visible, and without secrets, ours or others’.',
    source: 'OWASP ASVS 5.0, 16.2.5; docs/architecture.md, A call',
  },
  'proxy-back-pressure': {
    requirement: 'A client that does not read stops the server and costs no memory; if it takes nothing, it is cut.',
    source: 'docs/architecture.md, A call',
  },
  'proxy-server-change-cuts': {
    requirement: 'A server that is disabled, removed or moved ends its calls and streams with a reason.',
    source: 'docs/architecture.md, A call',
  },
  'proxy-drains': {
    requirement: 'A gateway that stops ends streams properly and lets calls finish, within a bound.',
    source: 'docs/architecture.md, A call',
  },
  'proxy-session-lost-once': {
    requirement: 'A lost upstream session is replaced once, and only a call that was not processed is sent again.',
    source: 'MCP 2025-11-25, basic/transports, Session Management; docs/architecture.md, A call',
  },
  'proxy-session-lost-state': {
    requirement: 'A session in place of a lost one gets the logging level and the subscriptions of the one before.',
    source: 'MCP 2025-11-25, server/utilities/logging and server/resources; docs/proxy.md, The aggregate',
  },
  'proxy-resend-unprocessed': {
    requirement:
      'A connection that the server is likely to close is not used, and what it did not get whole is sent again.',
    source: 'RFC 9112, 9.3.1 and 9.5',
  },
  'proxy-resend-repeatable': {
    requirement: 'A request that may be processed twice is sent again when its connection is lost before an answer.',
    source: 'RFC 9110, 9.2.2',
  },
  'proxy-no-call-twice': {
    requirement: 'What the server may have acted on is not sent again, and the error says that this is not known.',
    source: 'RFC 9110, 9.2.2',
  },
  'proxy-era-evidence': {
    requirement: 'A server’s era follows from what it answers, never from 401, 403, 5xx or a time-out.',
    source: 'MCP 2026-07-28, basic/transports/streamable-http, Backward Compatibility',
  },
  'proxy-invalid-tool-left-out': {
    requirement: 'A tool whose x-mcp-header annotations are invalid is neither listed nor called over REST.',
    source: 'MCP 2026-07-28, basic/transports/streamable-http, Schema Extension',
  },
  'proxy-same-as-direct': {
    requirement:
      'Whatever a server answers, a client gets through the gateway what it gets directly, or something better that is documented.',
    source: 'MCP 2025-11-25, basic/transports; MCP 2026-07-28, basic/transports/streamable-http; RFC 9110',
  },
  'proxy-stacks-agree': {
    requirement: 'MCP endpoints, REST and `servers test` take the same answer of a server in the same way.',
    source: 'MCP 2025-11-25, basic/transports, Sending Messages to the Server',
  },
  'proxy-official-clients-answered': {
    requirement: 'Whatever a server answers, a call of an official client ends, with what it could read directly.',
    source: 'JSON-RPC 2.0, 5; MCP 2025-11-25, basic/transports',
  },
  'proxy-stdio-served': {
    requirement:
      'A server on stdio is served to clients of both eras, over MCP and REST, in its own folder and with its own variables only.',
    source: 'MCP 2025-11-25, basic/transports, stdio; MCP 2026-07-28, basic/transports, stdio; docs/proxy.md',
  },
  'proxy-stdio-isolation': {
    requirement:
      'Nobody but its session, its key or its server, as is configured, shares a process, and it ends with what it is for.',
    source: 'docs/proxy.md, Servers on stdio',
  },
  'proxy-stdio-guessed': {
    requirement:
      'What a program asks while several calls are under way is answered to it, also when the call with which the client was asked is over.',
    source: 'docs/proxy.md, Servers of HTTP+SSE; MCP 2025-11-25, basic/transports, stdio',
  },
  'proxy-stdio-restart': {
    requirement:
      'A program that ends by itself fails what is under way with the reason, and is started again when it is needed.',
    source: 'docs/proxy.md, Servers on stdio',
  },
  'proxy-stdio-throttled': {
    requirement: 'A program that can’t be started is not started anew for each client that comes.',
    source: 'docs/proxy.md, Servers on stdio',
  },
  'proxy-stdio-crashes-paced': {
    requirement:
      'Programs that end by themselves again and again are started less and less often for the key that uses them, in whatever session.',
    source: 'docs/proxy.md, Servers on stdio',
  },
  'proxy-stdio-replicas': {
    requirement:
      'A session that lives on one replica goes on at the others while that lives, for its own key, and is 404 when it is gone.',
    source: 'docs/adr/0024; MCP 2025-11-25, basic/transports, Session Management',
  },
} as const satisfies RequirementsOf<'proxy'>;
