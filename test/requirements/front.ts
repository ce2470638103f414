import type { RequirementsOf } from './requirement.ts';

/** What a client may hold of the gateway before and behind its credential. */
export const front = {
  'front-pipelining': {
    requirement: 'Requests of one connection are served one after the other; what is sent ahead has a bound over all.',
    source: 'RFC 9112, 9.3.2; SECURITY.md, What the gateway protects, and how',
  },
  'front-http1': {
    requirement:
      'What is read without Node’s parser means the same as read by it, in whatever pieces it comes; all else Node’s parser reads.',
    source: 'RFC 9112, 2 to 6; docs/performance.md, The HTTP server',
  },
  'front-tls': {
    requirement: 'With a certificate the port speaks TLS only, tells whoever does not, and bounds handshakes in time.',
    source: 'docs/operating.md, TLS',
  },
  'front-http2': {
    requirement:
      'Over TLS a client may choose HTTP/2 by ALPN, beside HTTP/1.1 on the same port, unless the setting leaves it out.',
    source: 'RFC 9113, 3.2 and 3.3; docs/operating.md, TLS',
  },
  'front-http2-requests': {
    requirement:
      'A request of HTTP/2 is what one of HTTP/1.1 is: its authority is the Host, its cookies are one, and its trailers are dropped.',
    source: 'RFC 9113, 8.1, 8.2.3 and 8.3.1',
  },
  'front-http2-answers': {
    requirement:
      'An answer over HTTP/2 has no headers of a connection, ends with its stream, and comes whole although its request does not.',
    source: 'RFC 9113, 8.1 and 8.2.2',
  },
  'front-http2-malformed': {
    requirement: 'A malformed request is a stream error, and reaches nobody.',
    source: 'RFC 9113, 8.1.1, 8.2 and 8.3',
  },
  'front-http2-cancel': {
    requirement: 'A client that resets a stream has left that request, and no other.',
    source: 'RFC 9113, 5.4.2 and 8.1',
  },
  'front-http2-credentials': {
    requirement:
      'Requests of one session with different keys are each its own key’s, also when one of them is revoked.',
    source: 'docs/adr/0026-streams-of-http-2-become-requests-of-nodes-server.md',
  },
  'front-http2-flow': {
    requirement: 'Who writes to a stream waits for its window.',
    source: 'RFC 9113, 5.2',
  },
  'front-http2-strangers': {
    requirement:
      'A session without a good credential costs what a connection costs: its requests are served one after the other.',
    source: 'docs/adr/0026-streams-of-http-2-become-requests-of-nodes-server.md',
  },
  'front-http2-streams': {
    requirement: 'Streams have a bound over all sessions and per address; what is beyond it may be sent again.',
    source: 'RFC 9113, 5.1.2 and 8.7',
  },
  'front-http2-floods': {
    requirement:
      'Frames that cost more than they say end their session: resets, heads without end, empty data, PING, SETTINGS.',
    source: 'RFC 9113, 10.5; CVE-2023-44487',
  },
  'front-http2-pace': {
    requirement: 'A client that does not take an answer in time loses its stream, and the others go on.',
    source: 'RFC 9113, 10.5',
  },
  'front-http2-idle': {
    requirement: 'A session without streams, and one that has sent half a head, ends in time.',
    source: 'RFC 9113, 9.1',
  },
  'front-http2-stop': {
    requirement: 'A gateway that stops says so with GOAWAY, lets streams end, and closes.',
    source: 'RFC 9113, 6.8',
  },
  'front-tls-reload': {
    requirement: 'A changed certificate is served while connections go on; one that can’t serve changes nothing.',
    source: 'docs/operating.md, TLS',
  },
  'front-tls-files': {
    requirement: 'Files of a certificate that can’t serve are refused with the remedy.',
    source: 'docs/operating.md, TLS',
  },
  'front-body-time': {
    requirement: 'A body comes within five minutes, unless it is a stream of messages.',
    source: 'docs/proxy.md, Lines',
  },
  'front-slow-reader': {
    requirement: 'Whoever takes less than a KiB per second of what waits for it is cut within about a minute.',
    source: 'SECURITY.md, What the gateway protects, and how',
  },
  'front-connections': {
    requirement: 'Connections have a bound in all and per address; no address can take the places of all others.',
    source: 'SECURITY.md, What the gateway protects, and how',
  },
  'front-memory': {
    requirement: 'A hundred connections without a credential cost a bounded amount of memory, whatever they send.',
    source: 'SECURITY.md, What the gateway protects, and how',
  },
  'front-single-headers': {
    requirement:
      'A header that has one value comes once, the target names the host that Host does, and a length is one.',
    source: 'RFC 9110, 5.3; RFC 9112, 3.2 and 6.3',
  },
  'front-refusals-logged': {
    requirement:
      'A refused credential is logged with its reason, address and key id, never the secret, and not endlessly.',
    source: 'OWASP ASVS 5.0, 16.3.1',
  },
  'front-trusted-proxies': {
    requirement:
      'Only proxies that are named are believed about a client, who is the last address in the header that is none of theirs; what it has put before that counts for nothing.',
    source: 'RFC 7239, 5.2 and 8.1; docs/operating.md, Behind a reverse proxy',
  },
  'front-bounds-told': {
    requirement:
      'What a client may send, and how long it may take, has bounds everywhere, and the documentation has their numbers.',
    source: 'docs/operating.md, What a client may send, and how long it may take',
  },
} as const satisfies RequirementsOf<'front'>;
