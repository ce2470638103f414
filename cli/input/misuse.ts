import { Invalid } from '../../src/errors/appError.ts';

/** Says that the command line itself is wrong: exit code 2. */
export function misuse(message: string, data?: Readonly<Record<string, unknown>>): Invalid {
  return new Invalid('usage', message, data === undefined ? {} : { data });
}
