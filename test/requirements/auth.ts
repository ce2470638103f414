import type { RequirementsOf } from './requirement.ts';

/** Keys, tokens, grants and secrets. */
export const auth = {
  'auth-checksum-offline': {
    requirement: 'A mistyped key is told from a key by its checksum alone.',
    source: 'DESIGN 6, Key format',
  },
  'auth-secret-nowhere': {
    requirement: 'A key’s secret is shown once and is in no event, table, list or history.',
    source: 'DESIGN 3, Secrets; DESIGN 9',
  },
  'auth-guessing-is-cheap': {
    requirement: 'A wrong secret never reaches Argon2, and what does is bounded.',
    source: 'DESIGN 6, Verification',
  },
  'auth-argon2id-owasp': {
    requirement: 'Secrets are hashed with Argon2id with the parameters of OWASP.',
    source: 'OWASP Password Storage; DESIGN 6',
  },
  'auth-one-answer': {
    requirement: 'A credential that proves nothing gets the same answer, whatever is wrong with it.',
    source: 'OWASP Authentication, error messages; RFC 6750, 3.1',
  },
  'auth-either-header': {
    requirement: 'A key or token is taken from Authorization or X-API-Key; two different ones are refused.',
    source: 'DESIGN 6, Direct keys; RFC 9110, 11.6.2',
  },
  'auth-not-in-url': {
    requirement: 'A credential in the URL is not taken.',
    source: 'MCP 2025-11-25, basic/authorization, Access Token Usage; DESIGN 6',
  },
  'auth-token-15-minutes': {
    requirement: 'A token lives 15 minutes and ends with its key.',
    source: 'DESIGN 6, Tokens',
  },
  'auth-token-unforgeable': {
    requirement: 'A token with another algorithm, issuer, audience or signature, or without a claim, is refused.',
    source: 'RFC 8725, 3; RFC 7519, 4.1',
  },
  'auth-token-scope': {
    requirement: 'A token gives what both it and its key allow now.',
    source: 'DESIGN 6, Tokens',
  },
  'auth-secrets-rotate': {
    requirement: 'JWT_SECRET and ENCRYPTION_KEY can be replaced while what the previous one made stays good.',
    source: 'DESIGN 3, Secrets; DESIGN 6, Tokens',
  },
  'auth-grants-closed': {
    requirement: 'What is not granted is absent from lists and not found on call, as if it did not exist.',
    source: 'DESIGN 6, Grants',
  },
  'auth-grants-one-reading': {
    requirement: 'A message that a server could read in another way than the gateway is refused to a narrowed key.',
    source: 'RFC 8259, 4; DESIGN 6, Grants',
  },
  'auth-grants-list-bytes': {
    requirement:
      'A list loses the tools that are not granted and no other byte: numbers, escapes and double members stay.',
    source: 'RFC 8259, 4 and 6; docs/adr/0007-tool-grants-are-checked-on-the-bytes.md',
  },
  'auth-expiry': {
    requirement: 'A key ends at the moment when it expires, with what it has open.',
    source: 'DESIGN 6, Revocation',
  },
  'auth-rotation-grace': {
    requirement: 'A rotated key works until its grace ends, and its successor has the same access at once.',
    source: 'DESIGN 4, Rotation',
  },
  'auth-rotation-finishes': {
    requirement: 'A rotation that was cut off is finished by running it again, with the same successor.',
    source: 'DESIGN 4, Rotation',
  },
  'auth-revocation-cuts': {
    requirement: 'When a revocation is reported, calls of the key are refused, and its calls and streams have ended.',
    source: 'DESIGN 6, Revocation',
  },
  'auth-revocation-replicas': {
    requirement: 'A revocation is enforced on every replica when it is reported, or the report names the others.',
    source: 'DESIGN 4, Read your writes',
  },
  'auth-revocation-lease': {
    requirement:
      'A gateway that has lost its database session without noticing accepts no call and keeps no stream of a revoked key after the report.',
    source: 'docs/adr/0005',
  },
  'auth-revocation-fails-closed': {
    requirement: 'While a replica can’t hear of changes it asks the tables, and refuses when it can’t reach them.',
    source: 'DESIGN 5, In-memory verdicts',
  },
  'auth-http-changes-no-keys': {
    requirement: 'No HTTP request makes, changes or ends a key.',
    source: 'DESIGN 6',
  },
  'auth-shredding-proved': {
    requirement:
      'After a deletion no byte of the secret or its hash is left in event store, PostgreSQL or logs that opens, with the master key neither.',
    source: 'issue 3, 7',
  },
  'auth-shredding': {
    requirement:
      'Deleting a key or server destroys its encryption key, and with it its secrets in every backup of events.',
    source: 'DESIGN 3, Secrets',
  },
  'auth-sealed-in-place': {
    requirement: 'A sealed secret opens only unchanged, in its own stream and under its own key.',
    source: 'DESIGN 3, Secrets',
  },
  'auth-secrets-0600': {
    requirement:
      'The secrets made on the first start are the same for all who start at once, and for their owner only.',
    source: 'DESIGN 1',
  },
  'auth-secrets-required': {
    requirement: 'With DATABASE_URL nothing starts without JWT_SECRET and ENCRYPTION_KEY.',
    source: 'DESIGN 1',
  },
  'auth-secrets-stay': {
    requirement: 'A server that moves by more than its query keeps no header and no variable, whoever moves it.',
    source: 'CWE-522',
  },
  'auth-wrong-encryption-key': {
    requirement: 'A database of another ENCRYPTION_KEY is recognised, left alone, and the remedy is named.',
    source: 'DESIGN 3, Secrets',
  },
} as const satisfies RequirementsOf<'auth'>;
