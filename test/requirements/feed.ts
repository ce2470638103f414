import type { RequirementsOf } from './requirement.ts';

/** What happens, told as it happens. */
export const feed = {
  'feed-events': {
    requirement: 'The live feed tells of calls, errors, servers that answer or can’t be reached, and every change.',
    source: 'docs/reference.md, Usage, and what happens now',
  },
  'feed-grants': {
    requirement:
      'Without events:read a key sees its own traffic, itself and the servers that it may use, as granted now.',
    source: 'docs/reference.md, Usage, and what happens now',
  },
  'feed-filters': {
    requirement: 'A feed has the types and the server that were asked for, and nothing else.',
    source: 'docs/reference.md, Usage, and what happens now',
  },
  'feed-formats': {
    requirement:
      'A feed begins at once as newline-delimited JSON, or as an event stream, and no proxy is asked to hold it back.',
    source: 'docs/reference.md, Usage, and what happens now; WHATWG HTML, 9.2',
  },
  'feed-health': {
    requirement: 'A feed of the gateway’s health has one system_health every 5 seconds.',
    source: 'docs/reference.md, Usage, and what happens now',
  },
  'feed-bounded': {
    requirement: 'A reader that does not read holds up no call, holds a bounded buffer, and is told what it missed.',
    source: 'docs/reference.md, Usage, and what happens now',
  },
  'feed-clean-up': {
    requirement: 'A reader that leaves leaves nothing behind.',
    source: 'docs/reference.md, Usage, and what happens now',
  },
  'feed-revocation': {
    requirement: 'The feed of a key that is revoked or loses the scope ends with the reason.',
    source: 'docs/reference.md, Usage, and what happens now; docs/architecture.md, Revocation',
  },
  'feed-expiry': {
    requirement:
      'A key that is about to expire is on the feed 30, 7 and 1 days before, also when no gateway was there at that time.',
    source: 'docs/reference.md, Usage, and what happens now',
  },
  'feed-drain': {
    requirement: 'A gateway that stops ends its feeds with the reason, and waits for no reader.',
    source: 'docs/reference.md, Usage, and what happens now',
  },
  'feed-system': {
    requirement: 'Whoever has the stores can follow a gateway’s feed without a key, and can do nothing else so.',
    source: 'docs/reference.md, Usage, and what happens now',
  },
} as const satisfies RequirementsOf<'feed'>;
