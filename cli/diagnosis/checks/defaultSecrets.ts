import type { Check, Finding } from '../check.ts';

/** What examples and images have, and what people type meanwhile. */
const KNOWN: ReadonlySet<string> = new Set(
  'admin changeit changeme default example metamcp password postgres root secret test'.split(' '),
);
/** 32 random bytes as base64 have 25 different digits, as hex 14; fewer are typed, or repeated. */
const FEWEST_DIGITS = 10;

/** No secret is one that everybody knows. */
export const defaultSecrets: Check = ({ configuration: { settings } }) => {
  const { databaseUrl, eventStoreUrl, jwtSecret, encryptionKey } = settings;
  const findings = [
    passwordFinding('DATABASE_URL', databaseUrl),
    passwordFinding('EVENT_STORE_URL', eventStoreUrl),
    plainFinding('JWT_SECRET', jwtSecret),
    plainFinding('ENCRYPTION_KEY', encryptionKey),
  ].filter((finding) => finding !== undefined);
  return findings.length > 0 ? findings : [{ state: 'ok', detail: 'None is in use' }];
};

function passwordFinding(variable: string, url: string | undefined): Finding | undefined {
  const parsed = url === undefined ? null : URL.parse(url);
  if (parsed === null || parsed.password === '') return undefined;
  const { username, password } = parsed;
  if (!KNOWN.has(decodeURIComponent(password).toLowerCase()) && password !== username) return undefined;
  return {
    state: 'warning',
    about: variable,
    detail: 'Its password is one that everybody knows.',
    remedy: 'Give that user another password: openssl rand -hex 24',
  };
}

function plainFinding(variable: string, secret: string | undefined): Finding | undefined {
  if (secret === undefined || new Set(secret).size >= FEWEST_DIGITS) return undefined;
  return {
    state: 'problem',
    about: variable,
    detail: 'It is not random: whoever guesses it makes tokens, or opens secrets.',
    remedy: 'docs/operating.md, Rotate the secrets; a new one: openssl rand -base64 32',
  };
}
