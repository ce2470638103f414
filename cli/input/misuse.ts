import { Invalid } from '../../src/errors/appError.ts';

/** The error of a wrong command line: exit code 2. */
export function misuse(message: string, data?: Readonly<Record<string, unknown>>): Invalid {
  return new Invalid('usage', message, data === undefined ? {} : { data });
}
