import { randomUUID } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../clock.ts';
import { compileGrants } from '../access/grants.ts';
import { invalidCredential } from './invalidCredential.ts';
import type { Authenticate, Principal } from './principal.ts';
import type { TokenSecrets } from './tokenSecret.ts';

/**
 * Tokens by which our own programs, who have the stores and so JWT_SECRET, read the live feed of a gateway and look after its
 * processes. No key stands behind them, and nothing else takes them. docs/adr/0012.
 */
export interface SystemTokens {
  issue(): Promise<string>;
  /** Accepts such a token, besides whatever `authenticate` accepts. */
  accept(authenticate: Authenticate): Authenticate;
}

const [ISSUER, AUDIENCE, TYPE, ALGORITHM] = ['metamcp', 'metamcp-events', 'metamcp-system+jwt', 'HS256'];

/** Seconds: it is used at once, to open a feed. */
const LIFE_TIME = 60;

const SYSTEM: Principal = {
  keyId: 'system:cli',
  keyName: 'metamcp-cli',
  scopes: new Set(['events:read', 'servers:read', 'servers:write']),
  grants: compileGrants(['*']),
  key: undefined,
};

/** Makes the issuer and verifier of system tokens. */
export function createSystemTokens({ secrets, clock }: { secrets: TokenSecrets; clock: Clock }): SystemTokens {
  const { current, previous } = secrets;

  async function verify(token: string): Promise<Principal> {
    const kid = decodeProtectedHeader(token).kid;
    const secret = kid === previous?.id ? previous : current;
    try {
      await jwtVerify(token, secret?.key ?? current.key, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: AUDIENCE,
        typ: TYPE,
        requiredClaims: ['iat', 'exp', 'jti'],
        currentDate: new Date(clock()),
      });
      return SYSTEM;
    } catch (error) {
      throw invalidCredential({ cause: error });
    }
  }

  return {
    async issue() {
      const issuedAt = Math.floor(clock() / 1_000);
      return new SignJWT({})
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: current.id })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + LIFE_TIME)
        .setJti(randomUUID())
        .sign(current.key);
    },
    accept: (authenticate) => (headers) => {
      const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(headers.authorization ?? '')?.[1];
      return token !== undefined && isSystemToken(token) ? verify(token) : authenticate(headers);
    },
  };
}

/** Reads the type that the token claims, unverified: it only decides which verifier is used. */
function isSystemToken(token: string): boolean {
  try {
    return decodeProtectedHeader(token).typ === TYPE;
  } catch {
    return false;
  }
}
