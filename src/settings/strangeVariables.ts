import { nearest } from '../nearest.ts';
import { RELATED_SECRETS, SECRET_SETTINGS, SETTINGS, type Variables } from './variables.ts';

/** Variables of an installation that are no settings of the gateway: of the compose files, the example client and the CLI. */
const OTHERS = [
  'EVENT_STORE_IMAGE',
  'PGADMIN_EMAIL',
  'PGADMIN_PORT',
  'METAMCP_URL',
  'METAMCP_API_KEY',
  'METAMCP_ACTOR',
  // OpenSSL's own, which are set on many machines.
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];
const KNOWN: readonly string[] = [
  ...Object.keys(SETTINGS),
  ...SECRET_SETTINGS.map((name) => `${name}_FILE`),
  ...RELATED_SECRETS,
  ...OTHERS,
];
const BEGINNINGS = /^(?:METAMCP|SERVER|STDIO|METRICS|LOG|JWT|ENCRYPTION|EVENT_STORE|USAGE)_/;
/** What Kubernetes gives every container for a service that is called metamcp or server (docs: Services, Environment variables). */
const SERVICE_LINK =
  /_SERVICE_(?:HOST|PORT)(?:_[A-Z0-9_]+)?$|_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?$/;
/** So many slips of the fingers; names as short as this many letters are others'. */
const SLIPS = 2;
const MIN_LETTERS = 7;

/** Names variables that look like settings, and are none: a slip of the fingers would else pass in silence. */
export function strangeVariables(dotEnv: Variables, env: Variables): string[] {
  return Object.entries({ ...dotEnv, ...env }).flatMap(([name, value = '']) => {
    if (KNOWN.includes(name)) return [];
    if (SERVICE_LINK.test(name) && /^(?:[a-z]+:\/\/|[\d.:a-f]+$|TCP|UDP)/i.test(value)) return [];
    const similar = name.length < MIN_LETTERS ? undefined : nearestOf(name);
    if (similar === undefined && !BEGINNINGS.test(name)) return [];
    const where = env[name] === undefined ? ' (in .env)' : '';
    const hint = similar ?? (BEGINNINGS.test(name) ? nearestOf(name, Infinity) : undefined);
    return [`${name}${where} is no setting.${hint === undefined ? '' : ` Did you mean ${hint}?`}`];
  });
}

function nearestOf(name: string, most = SLIPS): string | undefined {
  return nearest(
    name,
    KNOWN.map((each) => each.toLowerCase()),
    most,
  )?.toUpperCase();
}
