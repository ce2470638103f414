/** Enough to recognise an error page, too little to flood a log. */
const MAX_CHARACTERS = 200;

/** Characters looked at; answers may be megabytes. */
const WINDOW = 16_384;

/** So many bytes of UTF-8 are more characters than are looked at: a text that was cut there does not show what the cut has left of a secret. */
export const EXCERPT_BYTES = 4 * WINDOW;

/** Longer secrets of others are not looked for. */
const MAX_FOREIGN_CHARACTERS = 4_096;

/** Shorter parts are words such as `Bearer`, and blotting them out would make any text unreadable. */
const MIN_SECRET_CHARACTERS = 6;

/** Secrets of others, which a server may quote: what stands in a URL before its host and behind its `=`, and credentials. */
const FOREIGN_SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\b([a-z][a-z\d+.-]{0,15}:\/\/)[^\s/?#@]{0,4096}@/gi, '$1[secret]@'],
  [/([?&][\w.~%[\]-]{1,64}=)[^&\s#"'<>]+/g, '$1[secret]'],
  [/\b(bearer|basic) +(?=\S{0,4096}[\d=]|\S{20})[\w.~+/=-]{8,}/gi, '$1 [secret]'],
];

/** Texts within one value that are looked for by themselves. */
const MAX_INNER = 1_000;

/**
 * Collects what must never be shown of a server's configuration (values of headers and variables, their words, what stands in
 * those that are JSON, and the user, password and query values of URLs), longest first.
 */
export function secretsOf(url: URL | undefined, configured: Readonly<Record<string, string>>): readonly string[] {
  const whole = Object.values(configured);
  const values = [...whole, ...whole.flatMap(innerTexts), ...(url === undefined ? [] : partsOfUrl(url))];
  // A server may quote them as a URL or JSON spells them, or as they were before.
  const spelled = [...values, ...values.flatMap(basicCredentials)].flatMap((value) => [
    value,
    decoded(value),
    encodeURIComponent(value.toWellFormed()),
    JSON.stringify(value).slice(1, -1),
  ]);
  const parts = spelled.flatMap((value) => [value, ...value.split(/[\s,;]+/).flatMap(partsOf)]);
  return [...new Set(parts)].filter((part) => part.length >= MIN_SECRET_CHARACTERS).sort((a, b) => b.length - a.length);
}

/** What stands in a value that is JSON, as keys of service accounts are, or a URL, as those of databases are. */
function innerTexts(value: string): string[] {
  if (/^\s*[[{]/.test(value)) return textsIn(parsed(value)).slice(0, MAX_INNER);
  return value.includes('://') && URL.canParse(value) ? partsOfUrl(new URL(value)) : [];
}

function partsOfUrl(url: URL): string[] {
  return [url.username, url.password, ...url.searchParams.values()];
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function parsed(text: string): unknown {
  try {
    // Configured values have a bound, and so has their depth.
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A word, and of `session=abc` or `token="abc"` what stands behind the sign. */
function partsOf(word: string): string[] {
  return [word, word.slice(word.indexOf('=') + 1).replace(/^\\?"|\\?"$/g, '')];
}

/** User and password, as the server that gets them reads them (RFC 7617). */
function basicCredentials(value: string): string[] {
  const [, encoded] = /^basic +([\w+/=-]+)$/i.exec(value) ?? [];
  if (encoded === undefined) return [];
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  return [pair, pair.slice(pair.indexOf(':') + 1)];
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/**
 * Makes foreign text fit to be shown: secrets blotted out, invisible characters escaped, cut.
 * @param maxCharacters of what is shown. (Default: 200)
 */
export function excerpt(text: string, secrets: readonly string[], maxCharacters = MAX_CHARACTERS): string {
  let shown = text.slice(0, WINDOW);
  // What is a media type, or the host of a URL, we have in lower case.
  for (const secret of secrets) shown = shown.replace(new RegExp(literal(secret), 'gi'), '[secret]');
  for (const [pattern, replacement] of FOREIGN_SECRETS) shown = shown.replace(pattern, replacement);
  // The window may end within a secret, and that part would not have been found.
  if (text.length > WINDOW) shown = shown.slice(0, -Math.max(secrets[0]?.length ?? 0, MAX_FOREIGN_CHARACTERS));
  shown = shown
    .replace(/\s+/g, ' ')
    .trim()
    // Control, format (bidirectional overrides), unassigned and lone surrogates could forge what a person reads.
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
  const characters = [...shown.slice(0, 2 * maxCharacters + 2)];
  return characters.length <= maxCharacters ? shown : `${characters.slice(0, maxCharacters - 1).join('')}…`;
}
