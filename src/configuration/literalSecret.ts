import { SECRET_NAME } from './shownSecrets.ts';

/** Beginnings of credentials that services give out. */
const KNOWN_PREFIX =
  /^(?:sk|pk|rk|gh[opsur]|github_pat|glpat|xox[a-z]|xapp|npm|pypi|hf|AKIA|ASIA|AIza|ya29|eyJ|mcp)[-_.A-Za-z\d]/;
const KNOWN_LENGTH = 20;
/** As RFC 7235 and its users write credentials. */
const WITH_SCHEME = /^(?:bearer|basic|token|apikey|digest|negotiate)\s+\S/i;
/** A URL with a password in it. */
const WITH_PASSWORD = /^[a-z][a-z\d+.-]*:\/\/[^\s/?#@]*:[^\s/?#@]+@/i;
/** Settings that stand beside a secret: TOKEN_LIMIT, AUTH_URL, KEY_FILE. */
const PLAIN_NAME =
  /(?:^|[_-])(?:url|uri|host|endpoint|file|path|dir|limit|max|min|count|size|length|ttl|timeout|port|type|mode|enabled)$/i;
const RANDOM_LENGTH = 24;

/** Checks whether a header or variable that is written out promises a secret, by its name or by its value. */
export function looksSecret(name: string, value: string): boolean {
  if (WITH_SCHEME.test(value) || WITH_PASSWORD.test(value)) return true;
  if (KNOWN_PREFIX.test(value) && value.length >= KNOWN_LENGTH) return true;
  if (PLAIN_NAME.test(name) || /^(?:true|false|yes|no|on|off|none|)$/i.test(value)) return false;
  return SECRET_NAME.test(name) || /cookie/i.test(name) || isRandom(value);
}

/** Long, of letters and digits in a mix: nobody types that as a setting. */
function isRandom(value: string): boolean {
  return value.length >= RANDOM_LENGTH && /^[\w+=-]+$/.test(value) && /\d/.test(value) && /[A-Za-z]/.test(value);
}
