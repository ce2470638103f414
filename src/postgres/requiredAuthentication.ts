import { Invalid } from '../errors/appError.ts';

/** How a server may ask who we are, in libpq's terms; `none`: not at all (trust, peer, a client certificate). */
const METHODS = ['none', 'password', 'md5', 'scram-sha-256'] as const;

export type AuthenticationMethod = (typeof METHODS)[number];

/** Checks whether a server may ask in this way; undefined where the URL does not decide it. */
export type RequiredAuthentication = (method: AuthenticationMethod) => boolean | undefined;

/**
 * Reads `require_auth` of a database's URL (PostgreSQL documentation, "Parameter Key Words"): the methods that are
 * answered, or, each with a `!`, those that are not.
 * @throws Invalid `config-invalid`
 */
export function requiredAuthentication(url: string): RequiredAuthentication {
  const text = URL.parse(url)?.searchParams.get('require_auth') ?? '';
  if (text === '') return () => undefined;
  const words = text.split(',').map((word) => word.trim());
  const negative = words.filter((word) => word.startsWith('!'));
  const named = words.map((word) => word.replace(/^!/, ''));
  if (!named.every(isMethod) || ![0, words.length].includes(negative.length)) {
    throw new Invalid(
      'config-invalid',
      `require_auth in DATABASE_URL must be one or more of ${METHODS.join(', ')}, separated by commas, ` +
        'or the same with a ! before each.',
    );
  }
  // Without a ! it is a full list; with it, the other methods are as undecided as before.
  return (method) => (negative.length === 0 ? named.includes(method) : named.includes(method) ? false : undefined);
}

function isMethod(word: string): word is AuthenticationMethod {
  return METHODS.some((method) => method === word);
}
