import type { RequirementsOf } from './requirement.ts';

const STDIO = 'MCP 2026-07-28, basic/transports/stdio';

/** MCP as lines of one HTTP exchange: what a client of `/api/v1/mcp/stream` may rely on. */
export const lines = {
  'lines-both-ways': {
    requirement:
      'Lines of the request reach servers, and their messages the client, while both go on, over every transport and in both eras.',
    source: `${STDIO}, Custom transports; docs/proxy.md, Lines`,
  },
  'lines-session': {
    requirement:
      'In the legacy era the exchange is the session: it has no id, needs no GET, and ends at the server with the exchange.',
    source: 'MCP 2025-11-25, basic/transports, stdio; docs/proxy.md, Lines',
  },
  'lines-half-close': {
    requirement: 'When the request ends, what is under way is answered, and then the response ends.',
    source: `${STDIO}, Shutdown; docs/proxy.md, Lines`,
  },
  'lines-cancelled': {
    requirement:
      'A client of either era cancels by notifications/cancelled, which ends its own request at the server and no other; nothing more is sent for it.',
    source: `${STDIO}, Cancellation`,
  },
  'lines-malformed': {
    requirement:
      'A line that is no message is answered with an error without an id, blank ones with nothing, and the exchange goes on.',
    source: 'JSON-RPC 2.0, 5.1; docs/proxy.md, Lines',
  },
  'lines-bounded': {
    requirement: 'Lines, what parsing them costs, requests under way and what a slow client leaves unread are bounded.',
    source: 'docs/proxy.md, Lines',
  },
  'lines-same-rules': {
    requirement:
      'Who may not use a server, a tool or the scope gets as little by a line as by a request of its own, also when that changes.',
    source: 'docs/proxy.md, Lines',
  },
  'lines-nothing-left': {
    requirement: 'Of an exchange whose client is gone, nothing is left: no call, no session, no place in the register.',
    source: 'docs/proxy.md, Lines',
  },
  'lines-drain': {
    requirement:
      'A gateway that stops takes no more lines, lets requests under way be answered, and ends the response.',
    source: 'docs/proxy.md, Lines',
  },
} satisfies RequirementsOf<'lines'>;
