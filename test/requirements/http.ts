import type { RequirementsOf } from './requirement.ts';

/** What HTTP and the REST API promise. */
export const http = {
  'http-401-plain-challenge': {
    requirement: 'A missing or bad credential is a 401 whose challenge sends no client looking for an OAuth login.',
    source: 'RFC 9110, 15.5.2; RFC 6750, 3; RFC 9728, 5.1',
  },
  'http-403-insufficient-scope': {
    requirement: 'A credential without the scope is a 403 whose challenge names the scope.',
    source: 'RFC 6750, 3.1',
  },
  'http-406-accept': {
    requirement:
      'Of the media types that a resource has, the client gets the one that it prefers; where it takes none of them, 406.',
    source: 'RFC 9110, 12.5.1 and 15.5.7',
  },
  'http-progress-lines': {
    requirement:
      'A tool that is run over REST shows its progress line by line as it comes, the last line is its result or the problem, and a client that leaves cancels it.',
    source: 'docs/operating.md, Tools over REST',
  },
  'http-silent-servers': {
    requirement:
      'A list of the tools of all servers says of each server that did not answer why, and holds those of the others.',
    source: 'docs/operating.md, Tools over REST',
  },
  'http-405-allow': {
    requirement: 'A method that a resource does not take is a 405 that lists those that it takes.',
    source: 'RFC 9110, 15.5.6',
  },
  'http-413-bounded': {
    requirement: 'A body beyond the bound is a 413, whatever its headers say, and is never held in memory.',
    source: 'RFC 9110, 15.5.14',
  },
  'http-415-json-only': {
    requirement: 'A body that is not declared as JSON in UTF-8 is a 415.',
    source: 'RFC 9110, 15.5.16; RFC 8259, 8.1',
  },
  'http-412-if-match': {
    requirement: 'A change with an If-Match that is no longer current is a 412 and changes nothing.',
    source: 'RFC 9110, 13.1.1',
  },
  'http-problem': {
    requirement: 'Every error of the REST API is a problem with a sentence, its status, a time and a stable code.',
    source: 'RFC 9457, 3; docs/architecture.md, The REST API',
  },
  'http-500-tells-nothing': {
    requirement: 'A bug is answered with 500 and the request’s id alone.',
    source: 'docs/architecture.md, The REST API',
  },
  'http-503-retry-after': {
    requirement: 'A refusal that time will cure says when to try again.',
    source: 'RFC 9110, 15.6.4',
  },
  'http-health-503': {
    requirement: '/health names every part, and is 503 while one is down; /health/live stays 200.',
    source: 'docs/architecture.md, The REST API',
  },
  'http-query-strict': {
    requirement:
      'A parameter of a query that is not documented is refused, so that a filter that is misspelt does not show all.',
    source: 'docs/reference.md, REST',
  },
  'http-openapi-agrees': {
    requirement: 'The OpenAPI document and the answers agree: paths, statuses, media types and schemas.',
    source: 'OpenAPI 3.1; docs/architecture.md, The REST API',
  },
  'http-contract-whole': {
    requirement:
      'Each operation of the OpenAPI document lists every status that it answers, and gives an example of what it takes and answers; linters and generators of clients take it.',
    source: 'OpenAPI 3.1, 4.8.16; docs/architecture.md, The REST API',
  },
  'http-docs-work': {
    requirement:
      'In a browser, the documentation page takes a key, sends each example as it is, and loads nothing from other hosts.',
    source: 'docs/reference.md, REST; W3C Content Security Policy Level 3',
  },
  'http-no-store': {
    requirement: 'No cache keeps a token or what the REST API tells of keys and servers.',
    source: 'RFC 6749, 5.1',
  },
  'http-unknown-field-400': {
    requirement: 'A body with an unknown field is refused, instead of doing less than was meant.',
    source: 'docs/architecture.md, The REST API',
  },
  'http-pages-complete': {
    requirement: 'A list read page by page has each item once.',
    source: 'docs/architecture.md, The REST API',
  },
  'http-encoded-names': {
    requirement:
      'A percent-encoded name in a path is decoded once, is checked decoded, and never leads to another path.',
    source: 'RFC 3986, 2.4 and 6.2.2.2; RFC 9110, 4.2.3',
  },
  'http-root-page': {
    requirement:
      'Who opens the gateway in a browser sees what it is, how it is and how to connect, and nothing secret; programs get JSON.',
    source: 'RFC 9110, 12.5.1; Content Security Policy Level 3',
  },
  'http-cross-origin': {
    requirement:
      'Pages of exactly the allowed origins may use MCP and REST, with the headers that they need; those of others are refused.',
    source: 'WHATWG Fetch, CORS protocol; MCP 2025-11-25, basic/transports, Security Warning',
  },
} as const satisfies RequirementsOf<'http'>;
