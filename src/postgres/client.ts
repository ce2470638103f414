import type { TLSSocket } from 'node:tls';
import { Unavailable } from '../errors/appError.ts';
import { pg } from './driver.ts';
import {
  requiredAuthentication,
  type AuthenticationMethod,
  type RequiredAuthentication,
} from './requiredAuthentication.ts';

/** What pg's types leave out: sends the answer to a request for a password, in clear or as MD5. */
interface PasswordSender {
  password(answer: unknown): void;
}

/**
 * A client that chooses which server gets the password. pg answers every request of a server, and a program that has taken
 * a server's port asks for the password in clear. Without `require_auth` in the URL, that is answered only to a server
 * whose certificate was verified.
 */
export class Client extends pg.Client {
  /** The configuration has a `connectionString`. */
  constructor(config?: pg.ClientConfig) {
    super(config);
    refuseUnsafeRequests(this.connection, requiredAuthentication(config?.connectionString ?? ''));
  }
}

function refuseUnsafeRequests(connection: pg.Connection, required: RequiredAuthentication): void {
  let method: AuthenticationMethod = 'none';
  let proven = false;
  const refuse = (sentence: string): void => {
    // From now on nothing is sent any more, whatever pg's own listeners do, and what else has arrived opens nothing.
    connection.removeAllListeners('readyForQuery');
    connection.stream.destroy(new Unavailable('database-authentication-refused', sentence));
  };
  const answer = (requested: AuthenticationMethod): void => {
    method = requested;
    if (required(requested) ?? (requested !== 'password' || isVerified(connection))) return;
    refuse(`PostgreSQL ${ASKS[requested]}, which is not answered. ${REMEDY[requested]}`);
  };
  connection.on('authenticationCleartextPassword', () => answer('password'));
  connection.on('authenticationMD5Password', () => answer('md5'));
  connection.on('authenticationSASL', () => answer('scram-sha-256'));
  connection.on('authenticationSASLFinal', () => {
    proven = true;
  });
  connection.on('authenticationOk', () => {
    if (method === 'none') answer('none');
    else if (method === 'scram-sha-256' && !proven) refuse('PostgreSQL has not proven that it knows the password.');
  });

  // pg serialises the password before it looks whether the connection is still there, and fails where there is none.
  const sender = connection as pg.Connection & PasswordSender;
  const send = sender.password.bind(connection);
  sender.password = (answer) => {
    if (connection.stream.destroyed) return;
    if (typeof answer === 'string') send(answer);
    else refuse('PostgreSQL asks for a password, and DATABASE_URL has none.');
  };
}

function isVerified({ stream }: pg.Connection): boolean {
  // Not by `instanceof`: node:tls is a third of what there is to load for a connection, and most have no TLS.
  return isTls(stream) && stream.authorized;
}

/** Only sockets of TLS have `encrypted`, which is always true (Node.js documentation, tls). */
function isTls(stream: pg.Connection['stream']): stream is TLSSocket {
  return 'encrypted' in stream && stream.encrypted === true;
}

const ASKS: Readonly<Record<AuthenticationMethod, string>> = {
  none: 'lets us in without a proof that it knows the password',
  password: 'asks for the password in clear text',
  md5: 'asks for the password’s MD5 hash',
  'scram-sha-256': 'asks for a SCRAM proof',
};

const LIFT = 'or change require_auth in DATABASE_URL.';
const REMEDY: Readonly<Record<AuthenticationMethod, string>> = {
  none: `Give the role a password and let pg_hba.conf ask for scram-sha-256, ${LIFT}`,
  password:
    'Let the server ask for scram-sha-256 (pg_hba.conf), connect by TLS (sslmode=verify-full in DATABASE_URL), or, ' +
    'where nobody else can answer at this address, put require_auth=password into DATABASE_URL.',
  md5: `Let the server ask for scram-sha-256 (pg_hba.conf) and set the role’s password anew, ${LIFT}`,
  'scram-sha-256': `Let the server ask in another way, ${LIFT}`,
};
