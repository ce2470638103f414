import { AppError, Unavailable } from '../errors/appError.ts';

// Without the driver: a report of a failure must not wait until it is loaded.

/** What the rejection of a statement means, as a sentence with its remedy. */
interface Rejection {
  /** SQLSTATEs: PostgreSQL, appendix A. */
  readonly states: RegExp;
  readonly code: string;
  readonly sentence: string;
}

/** A statement was rejected for what the database is or allows. Those who sent it may know better what that means to them. */
const REJECTIONS: readonly Rejection[] = [
  {
    states: /^25006$/,
    code: 'database-read-only',
    sentence: 'The database takes no changes: it is a standby or read-only. Let DATABASE_URL lead to the primary.',
  },
  {
    states: /^42501$/,
    code: 'database-forbidden',
    sentence:
      'The role of DATABASE_URL may not do this in the database. Grant it what it lacks, or let it own the database.',
  },
  {
    states: /^(42P01|42703|42883|42704|42804|42809|42P07|42710|42723|3F000)$/,
    code: 'database-schema-foreign',
    sentence:
      'The tables in the database are not as MetaMCP has made them. Give it a database of its own, or put back what was ' +
      'changed; metamcp-cli db status lists what it has made.',
  },
  {
    states: /^(57014|55P03|40...)$/,
    code: 'database-busy',
    sentence: 'PostgreSQL did not get to it in time, because of a time-out or of somebody else’s locks. Try again.',
  },
  {
    states: /^(58|XX001|XX002)/,
    code: 'database-damaged',
    sentence: 'PostgreSQL can’t read or write its files. See its log; the disk may be failing.',
  },
];

/**
 * Turns a rejected statement into an AppError where what the database is or allows has led to it. Whoever knows better what a
 * SQLSTATE means to them looks before.
 */
export function fromRejection(error: unknown): unknown {
  const state = stateOf(error);
  const rejection = state === undefined ? undefined : REJECTIONS.find(({ states }) => states.test(state));
  return rejection === undefined ? error : new Unavailable(rejection.code, rejection.sentence, { cause: error });
}

/** The SQLSTATE with which the server has rejected a statement, also where an AppError wraps it; undefined: it did not. */
export function sqlStateOf(error: unknown): string | undefined {
  return stateOf(error instanceof AppError ? error.cause : error);
}

/** As pg.DatabaseError has it. */
function stateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
