import { randomUUID } from 'node:crypto';
import { decodeJwt, errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { Unauthorized } from '../errors/appError.ts';
import { scopeSchema, type Scope } from '../events/apiKey.ts';
import { invalidCredential } from './invalidCredential.ts';
import type { TokenSecret, TokenSecrets } from './tokenSecret.ts';

/** The answer of the token endpoint (RFC 6749, 5.1). */
export interface IssuedToken {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds. */
  readonly expires_in: number;
}

/** The claims of a token that was verified. */
export interface VerifiedToken {
  readonly keyId: string;
  readonly scopes: readonly Scope[];
  readonly expiresAtMs: number;
}

/** Short-lived tokens, signed for a key. They do not show whether the key is still good. */
export interface Tokens {
  issue(subject: { readonly keyId: string; readonly scopes: Iterable<Scope> }): Promise<IssuedToken>;
  /** @throws Unauthorized `token-expired`, or `invalid-credential` for all else */
  verify(token: string): Promise<VerifiedToken>;
}

export interface TokensOptions {
  readonly secrets: TokenSecrets;
  readonly clock: Clock;
}

const ISSUER = 'metamcp';
const AUDIENCE = 'metamcp';
const ALGORITHM = 'HS256';

/** Seconds. Short, because a token carries the scopes of the moment when it was issued. */
const LIFE_TIME = 900;

const claimsSchema = z.object({
  sub: z.uuid(),
  exp: z.int(),
  /** Space-separated (RFC 8693, 4.2). Scopes that this version does not know grant nothing. */
  scope: z.string().transform((text) => text.split(' ').filter((scope) => scopeSchema.safeParse(scope).success)),
});

/** Makes the issuer and verifier of tokens. docs/architecture.md, Who may come in. */
export function createTokens({ secrets: { current, previous }, clock }: TokensOptions): Tokens {
  const byId = new Map<string | undefined, TokenSecret>([[current.id, current]]);
  if (previous !== undefined) byId.set(previous.id, previous);

  return {
    async issue({ keyId, scopes }) {
      const issuedAt = Math.floor(clock() / 1_000);
      const token = await new SignJWT({ scope: [...scopes].join(' ') })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT', kid: current.id })
        .setSubject(keyId)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + LIFE_TIME)
        .setJti(randomUUID())
        .sign(current.key);
      return { access_token: token, token_type: 'Bearer', expires_in: LIFE_TIME };
    },

    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, ({ kid }) => secretFor(byId, kid), {
          // Pinned: a token can choose neither `none` nor another algorithm (RFC 8725, 3.1).
          algorithms: [ALGORITHM],
          issuer: ISSUER,
          audience: AUDIENCE,
          requiredClaims: ['sub', 'iat', 'exp', 'jti'],
          currentDate: new Date(clock()),
        });
        const { sub, exp, scope } = claimsSchema.parse(payload);
        return { keyId: sub, scopes: scope.map((name) => scopeSchema.parse(name)), expiresAtMs: exp * 1_000 };
      } catch (error) {
        // The signature is checked before the claims, so only someone who held a real token learns that it has expired.
        if (error instanceof errors.JWTExpired) {
          throw new Unauthorized('token-expired', 'The token has expired. Issue a new one with the API key.', {
            keyId: error.payload.sub,
          });
        }
        throw invalidCredential({ cause: error, keyId: claimedKey(token) });
      }
    },
  };
}

/** The key that a token claims to be for, though nothing proves it. */
function claimedKey(token: string): string | undefined {
  try {
    return z.uuid().safeParse(decodeJwt(token).sub).data;
  } catch {
    return undefined;
  }
}

function secretFor(byId: ReadonlyMap<string | undefined, TokenSecret>, kid: string | undefined) {
  const secret = byId.get(kid);
  if (secret === undefined) throw new errors.JWKSNoMatchingKey();
  return secret.key;
}
