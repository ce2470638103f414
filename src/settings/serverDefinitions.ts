import { isIP } from 'node:net';
import { isNetwork } from '../events/network.ts';
import { setting } from './definition.ts';
import { list, onOrOff, origin, path, rate, seconds, text, wholeNumber } from './settingTypes.ts';

/** The settings of how the gateway is reached, and what it takes from clients; see definitions.ts. */
export const SERVER_DEFINITIONS = {
  host: setting({
    variable: 'SERVER_HOST',
    member: 'server.host',
    type: text('a name or an IP address of this machine'),
    standard: '127.0.0.1',
    meaning: 'The address that is listened on.',
  }),
  /** 0: any free port. */
  port: setting({
    variable: 'SERVER_PORT',
    member: 'server.port',
    type: wholeNumber({ min: 0, max: 65_535 }),
    standard: 12_009,
    meaning: 'The port that is listened on; 0: any free one.',
  }),
  peerUrl: setting({
    variable: 'SERVER_PEER_URL',
    member: 'server.peer_url',
    type: origin(),
    meaning: 'Several gateways: where the others reach this one (docs/operating.md, Servers on stdio).',
  }),
  /** Both, or neither: then the listener speaks plain HTTP. */
  tls: {
    certFile: setting({
      variable: 'TLS_CERT_FILE',
      member: 'tls.cert_file',
      type: path('a file'),
      standardText: 'none: plain HTTP',
      meaning:
        'The certificate of the gateway in PEM, with its intermediate ones behind it: with TLS_KEY_FILE, the port speaks https and nothing else. A changed file is taken while the gateway runs.',
    }),
    keyFile: setting({
      variable: 'TLS_KEY_FILE',
      member: 'tls.key_file',
      secrecy: 'location',
      type: path('a file'),
      meaning: 'The private key of that certificate in PEM, without a passphrase.',
    }),
    http2: setting({
      variable: 'TLS_HTTP2',
      member: 'tls.http2',
      type: onOrOff(),
      standard: true,
      meaning: 'Over TLS a client may choose HTTP/2; off: HTTP/1.1 alone.',
    }),
  },
  /** DNS names, without port, under which the gateway may be addressed, besides loopback names and IP addresses. */
  allowedHosts: setting({
    variable: 'SERVER_ALLOWED_HOSTS',
    member: 'server.allowed_hosts',
    type: list('DNS names, such as mcp.example.com: neither URLs nor *', isHost),
    standard: [],
    meaning: 'DNS names under which the gateway is called, besides loopback names and IP addresses.',
    isReread: true,
  }),
  allowedOrigins: setting({
    variable: 'SERVER_ALLOWED_ORIGINS',
    member: 'server.allowed_origins',
    type: list('web origins, such as https://app.example.com, without a path', isOrigin),
    standard: [],
    meaning: 'Web origins whose pages may call the gateway, besides loopback ones.',
    isReread: true,
  }),
  trustedProxies: setting({
    variable: 'TRUSTED_PROXIES',
    member: 'server.trusted_proxies',
    type: list('addresses and networks, such as 10.0.0.5 or 10.1.0.0/16, but not a network of all', isProxyNetwork),
    standard: [],
    meaning:
      'Reverse proxies that are believed about the address, scheme and host of a request (docs/operating.md, Behind a reverse proxy); those headers of anyone else mean nothing.',
  }),
  maxBodyBytes: setting({
    variable: 'SERVER_MAX_BODY_BYTES',
    member: 'server.max_body_bytes',
    type: wholeNumber({ min: 1_024, unit: 'bytes' }),
    standard: 16_777_216,
    meaning: 'The largest body of a request.',
  }),
  unprefixedServer: setting({
    variable: 'SERVER_UNPREFIXED',
    member: 'server.unprefixed',
    type: text('the name of a server', (name) => /^[a-z0-9][a-z0-9-]{0,31}$/.test(name)),
    meaning:
      'The one server whose tools and prompts keep their own names at /mcp; those of all others begin with the server’s name.',
  }),
  circuit: {
    failures: setting({
      variable: 'SERVER_CIRCUIT_FAILURES',
      member: 'server.circuit_failures',
      type: wholeNumber({ min: 0, max: 1_000_000 }),
      standard: 5,
      meaning:
        'Calls in a row without an answer, after which a server that does not answer the gateway itself either is not asked for a while; 0: it is always asked.',
      isReread: true,
    }),
    retryMs: setting({
      variable: 'SERVER_CIRCUIT_RETRY_SECONDS',
      member: 'server.circuit_retry_seconds',
      type: seconds({ min: 1, max: 86_400 }),
      standard: 10,
      meaning: 'For how long such a server is not asked; then one call tries it.',
      isReread: true,
    }),
  },
  /** Of one remote address, before it is known who asks; undefined: as many as it likes. */
  perAddress: {
    requests: setting({
      variable: 'SERVER_REQUESTS_PER_ADDRESS',
      member: 'server.requests_per_address',
      type: rate(),
      standard: '0',
      meaning:
        'Requests of one remote address, before it is known who asks; 0: as many as it likes. Behind a reverse proxy that is not trusted (TRUSTED_PROXIES) all come from its address.',
    }),
    failures: setting({
      variable: 'SERVER_REFUSED_CREDENTIALS_PER_ADDRESS',
      member: 'server.refused_credentials_per_address',
      type: rate(),
      standard: '1000/m',
      meaning:
        'Refused keys and tokens of one remote address: beyond them, new connections of it are refused for a while; 0: as many as it likes.',
    }),
  },
  maxConnections: setting({
    variable: 'SERVER_MAX_CONNECTIONS',
    member: 'server.max_connections',
    type: wholeNumber({ min: 16 }),
    standard: 16_384,
    meaning: 'Connections at once.',
  }),
  maxConnectionsPerAddress: setting({
    variable: 'SERVER_MAX_CONNECTIONS_PER_ADDRESS',
    member: 'server.max_connections_per_address',
    type: wholeNumber({ min: 1 }),
    standardText: 'three quarters of all',
    meaning:
      'Connections of one remote address at once (of IPv6: of one /64). Behind a reverse proxy all come from its address: leave it alone there.',
  }),
  stop: {
    delayMs: setting({
      variable: 'SERVER_STOP_DELAY_SECONDS',
      member: 'server.stop_delay_seconds',
      type: seconds({ min: 0, max: 600 }),
      standard: 1,
      meaning:
        'After SIGTERM, `/health/ready` answers 503 for so long while all requests are served as before; then nothing new is taken. Let it be longer than a load balancer needs to see it.',
      isReread: true,
    }),
    drainMs: setting({
      variable: 'SERVER_STOP_BOUND_SECONDS',
      member: 'server.stop_bound_seconds',
      type: seconds({ min: 1, max: 3_600 }),
      standard: 10,
      meaning: 'After that, calls under way may end for so long; what is left then is cut.',
    }),
  },
};

/** A host as clients send it, with or without a port. What is none would be allowed in vain. */
function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^[\w.-]+(?::\d{1,5})?$/.test(text);
}

/** Who believed everyone would believe whatever address a client invents. */
function isProxyNetwork(text: string): boolean {
  return isNetwork(text) && !text.endsWith('/0');
}

/** An origin as browsers send it (RFC 6454, 6.2), of other schemes, too; neither `*` nor `null` is one. */
function isOrigin(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#@*\s]+$/i.test(text);
}
