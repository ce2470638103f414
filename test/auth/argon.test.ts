import { describe, expect, test } from 'vitest';
import { createArgon, OWASP_ARGON } from '../../src/auth/argon.ts';

/** As cheap as Argon2 allows: these tests are about the queue, not about the cost. */
const CHEAP = { memoryKib: 8, passes: 1, lanes: 1 };

describe('argon', () => {
  test('hashes with the OWASP parameters, which stand in the hash [auth-argon2id-owasp]', async () => {
    const phc = await createArgon().hash('a secret');
    expect(phc).toContain(`$argon2id$v=19$m=${OWASP_ARGON.memoryKib},t=2,p=1$`);
  });

  test('verifies the secret that was hashed and no other', async () => {
    const argon = createArgon({ parameters: CHEAP });
    const phc = await argon.hash('right');
    await expect(argon.verify(phc, 'right')).resolves.toBe(true);
    await expect(argon.verify(phc, 'wrong')).resolves.toBe(false);
  });

  test('verifies hashes made with other parameters', async () => {
    const phc = await createArgon({ parameters: CHEAP }).hash('right');
    await expect(createArgon().verify(phc, 'right')).resolves.toBe(true);
  });

  test('verifies hashes whose parameters stand in another order, as earlier versions wrote them', async () => {
    const phc = '$argon2id$v=19$m=8,p=1,t=1$xtwPmte40RpT3lvSUZF6Ag$2qtRXpujsMPgoKVaIVoxwYFtn1K2jAbpjPw7265alRs';
    await expect(createArgon().verify(phc, 'right')).resolves.toBe(true);
    await expect(createArgon().verify(phc, 'wrong')).resolves.toBe(false);
  });

  test('refuses what its queue can’t hold, and serves the rest [auth-guessing-is-cheap]', async () => {
    const argon = createArgon({ parameters: CHEAP, concurrency: 1, maxWaiting: 2 });
    const results = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map((secret) => argon.hash(secret)));
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(results[3]).toMatchObject({ reason: { kind: 'limited', code: 'argon-busy' } });
    await expect(argon.hash('later')).resolves.toMatch(/^\$argon2id/);
  });

  test('gives its place back after a failure', async () => {
    const argon = createArgon({ parameters: CHEAP, concurrency: 1, maxWaiting: 0 });
    await expect(argon.verify('no hash at all', 'secret')).rejects.toThrow();
    await expect(argon.hash('secret')).resolves.toMatch(/^\$argon2id/);
  });
});
