import { pg } from './driver.ts';
import { AppError, Unavailable } from '../errors/appError.ts';

/** An error of PostgreSQL or of the way to it, as a sentence with its remedy. */
interface Fault {
  /** SQLSTATEs (PostgreSQL, appendix A), or the codes of Node and OpenSSL. */
  readonly codes: RegExp;
  readonly sentence: string;
}

/** The server can't be used at this time or in this way, whatever the statement is. */
const OUTAGES: readonly Fault[] = [
  {
    codes: /^28/,
    sentence:
      'PostgreSQL refuses the log-in. Check user and password in DATABASE_URL, pg_hba.conf, and whether it asks for TLS ' +
      '(sslmode=verify-full).',
  },
  {
    codes: /^3D000$/,
    sentence: 'PostgreSQL has no such database. Create it, or correct its name in DATABASE_URL.',
  },
  {
    codes: /^53300$/,
    sentence: 'PostgreSQL has no connection left. End some, or raise max_connections.',
  },
  {
    codes: /^53100$/,
    sentence: 'PostgreSQL has no room left on its disk. Make room there.',
  },
  {
    codes: /^53/,
    sentence: 'PostgreSQL lacks memory, files or another resource. See its log.',
  },
  {
    codes: /^(CERT_|ERR_TLS_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_OSSL_|ERR_SSL_|EPROTO$|HOSTNAME_MISMATCH)/,
    sentence:
      'The TLS connection to PostgreSQL is not trusted. Give the authority that signed its certificate (sslrootcert in ' +
      'DATABASE_URL), and use the host name that the certificate has.',
  },
  {
    codes: /^(ENOENT|EACCES|EPERM|EISDIR|ENOTDIR)$/,
    sentence: 'A file or socket that DATABASE_URL names can’t be used. Correct its path, or its owner and mode.',
  },
  {
    codes: /^(EMFILE|ENFILE)$/,
    sentence: 'No more files may be opened. Raise the limit on open files (ulimit -n).',
  },
];

/** What else it is, it may be over soon: no answer, a host or name that is not there, a server that starts or stops. */
const UNREACHED: Fault = {
  codes: /^(08|57P)/,
  sentence: 'PostgreSQL can’t be reached. Check that it runs, and the host and port in DATABASE_URL if that is set.',
};

/** Messages of pg itself, which have no code: the server offers no TLS; it asks for a password, and there is none. */
const WITHOUT_TLS = /does not support SSL/;
const WITHOUT_PASSWORD = /password must be a string/;

/**
 * Turns what pg throws into an AppError where it is an outage: sockets, time-outs, refused log-ins, the server's own shutdown.
 * A rejected statement stays a pg.DatabaseError, and a mistake in calling pg stays what it is.
 */
export function fromPg(error: unknown): unknown {
  if (error instanceof AppError || error instanceof TypeError || error instanceof RangeError) return error;
  const code = codeOf(error);
  const fault = OUTAGES.find(({ codes }) => codes.test(code)) ?? wordless(error);
  if (fault === undefined && error instanceof pg.DatabaseError && !UNREACHED.codes.test(code)) return error;
  return unavailable(fault ?? UNREACHED, error);
}

function wordless(error: unknown): Fault | undefined {
  if (!(error instanceof Error) || error instanceof pg.DatabaseError) return undefined;
  if (WITHOUT_PASSWORD.test(error.message)) return OUTAGES[0];
  if (!WITHOUT_TLS.test(error.message)) return undefined;
  return {
    codes: WITHOUT_TLS,
    sentence: 'PostgreSQL offers no TLS. Switch it on there (ssl = on), or take sslmode out of DATABASE_URL.',
  };
}

function codeOf(error: unknown): string {
  // Several addresses of one host were tried: the first failure stands for all.
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return '';
  // A socket that is not there is a server that does not run.
  const isSocket = error.code === 'ENOENT' && 'syscall' in error && error.syscall === 'connect';
  return isSocket ? '' : error.code;
}

function unavailable({ sentence }: Fault, cause: unknown): Unavailable {
  return new Unavailable('database-unavailable', sentence, { cause });
}
