/** Enough to recognise an error page, too little to flood a log. */
const MAX_CHARACTERS = 200;

/** Characters looked at; answers may be megabytes. */
const WINDOW = 16_384;

/** Shorter parts are words such as `Bearer`, and blotting them out would make any text unreadable. */
const MIN_SECRET_CHARACTERS = 6;

/** Collects what must never be shown of a server's configuration (header values and their words, the URL's password and query values), longest first. */
export function secretsOf(url: URL, headers: Readonly<Record<string, string>>): readonly string[] {
  const values = [
    ...Object.values(headers),
    url.password,
    decodeURIComponent(url.password),
    ...url.searchParams.values(),
  ];
  const words = values.flatMap((value) => [value, ...value.split(/[\s,;]+/)]);
  return [...new Set(words)].filter((word) => word.length >= MIN_SECRET_CHARACTERS).sort((a, b) => b.length - a.length);
}

/** Makes foreign text fit to be shown: secrets blotted out, invisible characters escaped, cut to 200 characters. */
export function excerpt(text: string, secrets: readonly string[]): string {
  let shown = text.slice(0, WINDOW);
  for (const secret of secrets) shown = shown.replaceAll(secret, '[secret]');
  // The window may end within a secret, and that part would not have been found.
  if (text.length > WINDOW) shown = shown.slice(0, -(secrets[0]?.length ?? 0) || undefined);
  shown = shown
    .replace(/\s+/g, ' ')
    .trim()
    // Control, format (bidirectional overrides), unassigned and lone surrogates could forge what a person reads.
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
  const characters = [...shown.slice(0, 2 * MAX_CHARACTERS + 2)];
  return characters.length <= MAX_CHARACTERS ? shown : `${characters.slice(0, MAX_CHARACTERS - 1).join('')}…`;
}
