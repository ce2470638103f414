import type { RequirementsOf } from './requirement.ts';

/** How often and how much keys, servers and addresses may use. */
export const limits = {
  'limits-every-face': {
    requirement:
      'The limits of a key count its requests over MCP, REST and lines together, and each request of a batch.',
    source: 'docs/operating.md, Limits',
  },
  'limits-standard': {
    requirement: 'A key that has no limits, of its own or of its roles, has those of the settings.',
    source: 'docs/operating.md, Limits; docs/configuration.md',
  },
  'limits-answer': {
    requirement:
      'What a limit refuses is answered with 429, Retry-After, RateLimit and RateLimit-Policy, and a sentence that a model can act on.',
    source: 'RFC 6585, 4; RFC 9110, 10.2.3; draft-ietf-httpapi-ratelimit-headers-11',
  },
  'limits-shared': {
    requirement: 'All gateways together pass no more than a limit, and one of them alone can pass all of it.',
    source: 'docs/operating.md, Limits',
  },
  'limits-at-once': {
    requirement:
      'Limits of a key for calls and for streams at once count them over MCP, REST, lines and feeds together.',
    source: 'docs/operating.md, Limits',
  },
  'limits-bytes': {
    requirement: 'A limit of bytes counts what calls have sent and got over MCP and REST.',
    source: 'docs/operating.md, Limits',
  },
  'limits-stored': {
    requirement:
      'Limits of keys and servers, and networks of keys, are stored as they are given to commands, in files and in the terminal interface; what is no longer given is gone.',
    source: 'docs/operating.md, Limits',
  },
  'limits-void': {
    requirement:
      'A limit for what is at once beside a smaller one is refused; in a history that has it, the smaller one holds.',
    source: 'docs/operating.md, Limits',
  },
  'limits-kept': {
    requirement:
      'What is left of a limit stays, whether gateways start again, stop, or lose their database for a while.',
    source: 'docs/operating.md, Limits',
  },
  'limits-change': {
    requirement: 'A changed limit holds on running gateways when the change is reported.',
    source: 'docs/operating.md, Limits',
  },
  'limits-server': {
    requirement: 'The limits of a server hold for all of its clients together.',
    source: 'docs/operating.md, Limits',
  },
  'limits-networks': {
    requirement: 'A key that is used from a network that is not one of its own is answered as one that is not valid.',
    source: 'docs/operating.md, Limits',
  },
  'limits-addresses': {
    requirement:
      'An address whose credentials are refused too often, or that asks too often, is refused before its credential is looked at; what is remembered of addresses is bounded.',
    source: 'docs/operating.md, Limits',
  },
  'limits-client-address': {
    requirement:
      'Limits of addresses, networks of keys and the log go by the address of the client, also where a trusted proxy or another gateway has passed its request on.',
    source: 'RFC 7239, 8.1; docs/operating.md, Behind a reverse proxy',
  },
} as const satisfies RequirementsOf<'limits'>;
