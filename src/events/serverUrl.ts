import { z } from 'zod';
import { Invalid } from '../errors/appError.ts';
import { isStorable } from './storable.ts';

/** Far more than an address needs. */
export const MAX_URL_LENGTH = 8_192;

/**
 * What URL.parse takes without mending it: it reads `http:host`, `http:/host` and `http:\\host` as `http://host`, and
 * drops white space and control characters, so that what is stored would not be what is called.
 */
// eslint-disable-next-line no-control-regex -- these are what is refused
const WRITTEN_OUT = /^https?:\/\/(?![/?#])[^\s\\\u0000-\u001f\u007f]+$/i;

/**
 * Checks the address of a server: the one rule, for every face. It is kept as it is written.
 * @throws Invalid `server-url-invalid`, `server-url-has-credentials`
 */
export function checkServerUrl(text: string): void {
  if (!isStorable(text)) throw invalid('A server’s URL has a character in it that can’t be stored.');
  const url = URL.parse(text);
  if (url === null || !WRITTEN_OUT.test(text) || !/^https?:$/.test(url.protocol)) {
    throw invalid('A server’s URL begins with http:// or https://, then its host, and has no spaces: https://host/mcp');
  }
  if (text.length > MAX_URL_LENGTH) throw invalid(`A server’s URL may have ${MAX_URL_LENGTH} characters at most.`);
  if (url.username !== '' || url.password !== '') {
    throw new Invalid(
      'server-url-has-credentials',
      'A URL is shown in lists and logs, so it can’t carry a user or password. Use a header, which is stored encrypted.',
    );
  }
}

/** An address as it is written today. */
export const writtenUrlSchema = z.string().superRefine((text, context) => {
  try {
    checkServerUrl(text);
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    context.addIssue({ code: 'custom', message: error.message, params: { code: error.code } });
  }
});

/**
 * An address in an event. Older versions stored what URL.parse mends, which this reads, too: the protocol's pattern is
 * not zod's own for HTTP, which would refuse it.
 */
export const eventUrlSchema = z.url({ protocol: /^(?:http|https)$/ });

function invalid(message: string): Invalid {
  return new Invalid('server-url-invalid', message);
}
