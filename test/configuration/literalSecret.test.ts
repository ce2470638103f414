import { expect, test } from 'vitest';
import { looksSecret } from '../../src/configuration/literalSecret.ts';

test.each<[name: string, value: string]>([
  ['TOKEN', 'abc'],
  ['API_KEY', '12345'],
  ['DB_PASSWORD', '1234'],
  ['Authorization', 'Bearer x'],
  ['X-Custom', 'bearer abc'],
  ['Cookie', 'session=1'],
  ['GITHUB', 'ghp_abcdefghijklmnopqrst'],
  ['ANYTHING', `sk-${'a'.repeat(30)}`],
  ['ANYTHING', '0123456789abcdef0123456789abcdef'],
  ['DATABASE_URL', 'postgresql://me:hush@db/x'],
])('%s with the value %s promises a secret [cli-literal-secrets]', (name, value) => {
  expect(looksSecret(name, value)).toBe(true);
});

test.each<[name: string, value: string]>([
  ['LOG_LEVEL', 'debug'],
  ['PORT', '8080'],
  ['X-Tenant', 'acme'],
  ['AUTH_URL', 'https://login.example.com/oauth'],
  ['KEY_FILE', '/run/secrets/key'],
  ['TOKEN_LIMIT', '100000'],
  ['AUTH_ENABLED', 'true'],
  ['TOKEN', ''],
  ['DATABASE_URL', 'postgresql://db.example.com/x'],
  ['SERVER_NAME', 'a-name-that-is-long-and-has-1-digit-only-of-words and blanks'],
])('%s with the value %s promises none [cli-literal-secrets]', (name, value) => {
  expect(looksSecret(name, value)).toBe(false);
});
