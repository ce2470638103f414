/** What comes before a credential in a header (RFC 9110, 11.4). */
const SCHEME = /^(?:bearer|basic|token|apikey|api-key)$/i;

/** A part that hides what stood there: xxxx, ****, •••. */
const MASK = /^(?:[xX]{3,}|[*•]{3,}|[.…#]{3,})$/;

/** What such a word says once its signs are gone: CHANGE_ME, your-api-key, TOKEN_HERE, insert_key. */
const SAYS_SO = new RegExp(
  [
    '^(?:changeme|placeholder|redacted|replaceme|fillmein)$',
    '^your[a-z]*(?:key|token|secret|password|pat)$',
    '(?:key|token|secret|password|value|insert)here$',
    '^(?:insert|enter|put|paste|add|replace|fill|change)(?:your|me|with|the|in|this|here|api|token|key|secret)',
  ].join('|'),
);

/** Longer words are no placeholders. */
const MAX_WORD = 200;

/**
 * Tells whether a text is one that somebody meant to replace: YOUR_API_KEY, `Bearer sk-xxxx`, CHANGEME, or a scheme with
 * nothing after it. A sentence may hold such a word, so only one alone counts, or one after a scheme.
 */
export function isPlaceholderText(text: string): boolean {
  const [first = '', second, ...others] = text.split(/\s+/).filter((word) => word !== '');
  if (others.length > 0)
    return /^(?:\w+ )?(?:<)?your (?:\w+ ){0,3}(?:key|token|secret|password)\b/i.test(text.slice(0, MAX_WORD));
  if (second === undefined) return /^(?:bearer|basic)$/i.test(first) || hasPlaceholder(first);
  return SCHEME.test(first) && (isNameOrNothing(second) || hasPlaceholder(second));
}

/** Also behind a name or a user: `token=YOUR_TOKEN`, `me:YOUR_TOKEN`. */
function hasPlaceholder(word: string): boolean {
  return (
    isPlaceholderWord(word) ||
    word
      .slice(0, MAX_WORD)
      .split(/[=:,;]/)
      .some(isPlaceholderWord)
  );
}

/** Tells whether a word is one that somebody meant to replace. */
export function isPlaceholderWord(word: string): boolean {
  if (/^[([](?:secret|hidden|redacted|masked)[)\]]$/i.test(word)) return true;
  const bare = word.replace(/^["']|["']$/g, '');
  if (bare === '' || bare.length > MAX_WORD) return false;
  const parts = bare.split(/[-_]/);
  const isMasked = parts.every((part) => MASK.test(part) || /^[A-Za-z0-9]{0,12}$/.test(part));
  if (/(?:\.\.\.|…)$|(?:^|[-_])your[-_.]/i.test(bare) || (isMasked && parts.some((part) => MASK.test(part))))
    return true;
  // What has digits in it is rather a secret.
  if (!/^[A-Za-z_][A-Za-z_.-]*$/.test(bare)) return false;
  if (/^(?:TODO|FIXME|TBD|__[A-Z_]+__)$|^YOUR[A-Z]/.test(bare)) return true;
  return (
    /^MY_[A-Z_]*(?:KEY|TOKEN|SECRET|PASSWORD)$/.test(bare) || SAYS_SO.test(bare.toLowerCase().replace(/[^a-z]/g, ''))
  );
}

/** The name of a variable without its sign, and what programs write for nothing: `Bearer API_KEY`, `Bearer undefined`. */
function isNameOrNothing(word: string): boolean {
  return (
    /^(?:undefined|null|none|nil)$/i.test(word) ||
    (word.length <= MAX_WORD && /^(?:[A-Z]+_)*(?:KEY|TOKEN|SECRET|PASSWORD|PAT|CREDENTIALS?)$/.test(word))
  );
}

/** Tells whether a URL has a part that somebody meant to replace: https://YOUR_HOST/mcp, `?team=xxx`. */
export function isPlaceholderUrl(url: string): boolean {
  const [address = '', query = ''] = url.split(/\?([^]*)/);
  // No URL has these characters (RFC 3986, 2).
  if (/[{<][A-Za-z_]/.test(url)) return true;
  // There are hosts whose name begins with “your-”.
  const loud = address.split(/[/:.@#]/).filter((part) => /^[A-Z_-]+$/.test(part));
  return loud.some(isPlaceholderWord) || query.split(/[&=#]/).some(isPlaceholderWord);
}
