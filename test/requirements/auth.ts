import type { RequirementsOf } from './requirement.ts';

/** Keys, tokens, grants and secrets. */
export const auth = {
  'auth-checksum-offline': {
    requirement: 'A mistyped key is told from a key by its checksum alone.',
    source: 'docs/architecture.md, Who may come in',
  },
  'auth-secret-nowhere': {
    requirement: 'A key’s secret is shown once and is in no event, table, list or history.',
    source: 'docs/architecture.md, Secrets; docs/architecture.md, Administration',
  },
  'auth-guessing-is-cheap': {
    requirement: 'A wrong secret never reaches Argon2, and what does is bounded.',
    source: 'docs/architecture.md, Who may come in',
  },
  'auth-argon2id-owasp': {
    requirement: 'Secrets are hashed with Argon2id with the parameters of OWASP.',
    source: 'OWASP Password Storage; docs/architecture.md, Who may come in',
  },
  'auth-one-answer': {
    requirement: 'A credential that proves nothing gets the same answer, whatever is wrong with it.',
    source: 'OWASP Authentication, error messages; RFC 6750, 3.1',
  },
  'auth-either-header': {
    requirement: 'A key or token is taken from Authorization or X-API-Key; two different ones are refused.',
    source: 'docs/architecture.md, Who may come in; RFC 9110, 11.6.2',
  },
  'auth-not-in-url': {
    requirement: 'A credential in the URL is not taken.',
    source: 'MCP 2025-11-25, basic/authorization, Access Token Usage; docs/architecture.md, Who may come in',
  },
  'auth-token-15-minutes': {
    requirement: 'A token lives 15 minutes and ends with its key.',
    source: 'docs/architecture.md, Who may come in',
  },
  'auth-token-unforgeable': {
    requirement: 'A token with another algorithm, issuer, audience or signature, or without a claim, is refused.',
    source: 'RFC 8725, 3; RFC 7519, 4.1',
  },
  'auth-token-scope': {
    requirement: 'A token gives what both it and its key allow now.',
    source: 'docs/architecture.md, Who may come in',
  },
  'auth-secrets-rotate': {
    requirement: 'JWT_SECRET and ENCRYPTION_KEY can be replaced while what the previous one made stays good.',
    source: 'docs/architecture.md, Secrets; docs/architecture.md, Who may come in',
  },
  'auth-grants-closed': {
    requirement: 'What is not granted is absent from lists and not found on call, as if it did not exist.',
    source: 'docs/architecture.md, Who may come in',
  },
  'auth-grants-one-reading': {
    requirement: 'A message that a server could read in another way than the gateway is refused to a narrowed key.',
    source: 'RFC 8259, 4; docs/architecture.md, Who may come in',
  },
  'auth-grants-list-bytes': {
    requirement:
      'A list loses the tools that are not granted and no other byte: numbers, escapes and double members stay.',
    source: 'RFC 8259, 4 and 6; docs/adr/0007-tool-grants-are-checked-on-the-bytes.md',
  },
  'auth-expiry': {
    requirement: 'A key ends at the moment when it expires, with what it has open.',
    source: 'docs/architecture.md, Revocation',
  },
  'auth-rotation-grace': {
    requirement: 'A rotated key works until its grace ends, and its successor has the same access at once.',
    source: 'docs/architecture.md, Rotation',
  },
  'auth-rotation-finishes': {
    requirement: 'A rotation that was cut off is finished by running it again, with the same successor.',
    source: 'docs/architecture.md, Rotation',
  },
  'auth-revocation-cuts': {
    requirement: 'When a revocation is reported, calls of the key are refused, and its calls and streams have ended.',
    source: 'docs/architecture.md, Revocation',
  },
  'auth-revocation-replicas': {
    requirement: 'A revocation is enforced on every replica when it is reported, or the report names the others.',
    source: 'docs/architecture.md, Read your writes',
  },
  'auth-revocation-lease': {
    requirement:
      'A gateway that has lost its database session without noticing accepts no call and keeps no stream of a revoked key after the report.',
    source: 'docs/adr/0005',
  },
  'auth-revocation-fails-closed': {
    requirement: 'While a replica can’t hear of changes it asks the tables, and refuses when it can’t reach them.',
    source: 'docs/architecture.md, Memory kept true',
  },
  'auth-roles': {
    requirement:
      'A role is a named set of scopes and grants; what it gives comes on top of what a key has of its own, and is changed once for all keys that have it.',
    source: 'docs/adr/0032-roles.md',
  },
  'auth-roles-enforced': {
    requirement:
      'What a role gives no longer is enforced for all keys that have it, on every replica, before the change is reported, as for a key itself.',
    source: 'docs/adr/0032-roles.md; docs/adr/0005-revocation-is-confirmed-by-every-replica.md',
  },
  'auth-roles-bound': {
    requirement: 'A key has the role that it was given, and not another one that takes over its name.',
    source: 'docs/adr/0032-roles.md',
  },
  'auth-http-changes-no-keys': {
    requirement: 'No HTTP request makes or changes a key; one that shows a key’s secret as leaked ends it.',
    source: 'docs/architecture.md, Who may come in',
  },
  'auth-leak-reported': {
    requirement:
      'A key whose text is reported, by anyone, is dead on every replica before the answer, once, with the reporter in the audit trail; the answer does not tell which texts were keys.',
    source: 'docs/operating.md, A key has leaked',
  },
  'auth-leak-rubbish-cheap': {
    requirement: 'A report without a key of ours computes no Argon2, and is bounded in size, number and rate.',
    source: 'SECURITY.md, Keys that are found in the open',
  },
  'auth-labels': {
    requirement: 'Keys are found by owner and tags in lists, usage and changes of many, and a successor inherits both.',
    source: 'docs/operating.md, Whose key is it',
  },
  'auth-many-keys': {
    requirement:
      'A change of many keys shows what it would do to each before it does anything; one that fails, or that somebody has ' +
      'changed meanwhile, is named and does not stop the others.',
    source: 'docs/operating.md, Changes of several keys',
  },
  'auth-access-revised': {
    requirement: 'A grant or scope is added to or taken from what a key has; what it did not have is told.',
    source: 'docs/operating.md, Changes of several keys',
  },
  'auth-shredding-proved': {
    requirement:
      'After a deletion no byte of the secret or its hash is left in event store, PostgreSQL or logs that opens, with the master key neither.',
    source: 'docs/architecture.md, Revocation',
  },
  'auth-shredding': {
    requirement:
      'Deleting a key or server destroys its encryption key, and with it its secrets in every backup of events.',
    source: 'docs/architecture.md, Secrets',
  },
  'auth-sealed-in-place': {
    requirement: 'A sealed secret opens only unchanged, in its own stream and under its own key.',
    source: 'docs/architecture.md, Secrets',
  },
  'auth-secrets-0600': {
    requirement:
      'The secrets made on the first start are the same for all who start at once, and for their owner only.',
    source: 'docs/architecture.md, Two ways to run',
  },
  'auth-secrets-lost': {
    requirement:
      'No start and no command makes secrets beside a database that was sealed with others: it refuses, names the remedy, and leaves the state folder as it was.',
    source: 'docs/operating.md, When something is lost',
  },
  'auth-secrets-made': {
    requirement:
      'The state folder has only the secrets that were made for it: one that a setting states is not stored, and no other one in its place.',
    source: 'docs/operating.md, When something is lost',
  },
  'auth-secrets-required': {
    requirement: 'With DATABASE_URL nothing starts without JWT_SECRET and ENCRYPTION_KEY.',
    source: 'docs/architecture.md, Two ways to run',
  },
  'auth-key-credentials': {
    requirement:
      'What a server gets for one key alone is in no request, connection, session, process, or list of another key, and changes with the key’s.',
    source: 'docs/architecture.md, Secrets',
  },
  'auth-secrets-stay': {
    requirement: 'A server that moves by more than its query keeps no header and no variable, whoever moves it.',
    source: 'CWE-522',
  },
  'auth-wrong-encryption-key': {
    requirement: 'A database of another ENCRYPTION_KEY is recognised, left alone, and the remedy is named.',
    source: 'docs/architecture.md, Secrets',
  },
} as const satisfies RequirementsOf<'auth'>;
