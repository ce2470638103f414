import type { RequirementsOf } from './requirement.ts';

/** What a client may hold of the gateway before and behind its credential. */
export const front = {
  'front-pipelining': {
    requirement: 'Requests of one connection are served one after the other; what is sent ahead has a bound over all.',
    source: 'RFC 9112, 9.3.2; SECURITY.md, What the gateway protects, and how',
  },
  'front-tls': {
    requirement: 'With a certificate the port speaks TLS only, tells whoever does not, and bounds handshakes in time.',
    source: 'docs/operating.md, TLS',
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
