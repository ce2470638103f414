import { z } from 'zod';
import { Invalid, NotFound, Unavailable } from '../errors/appError.ts';
import type { Sealed } from '../events/sealed.ts';
import type { Vault } from './vault.ts';

/**
 * Opens the sealed part of a row for use.
 * @returns undefined when it was shredded: the key or server is being deleted right now
 * @throws Unavailable `secret-unreadable` when it is damaged or ENCRYPTION_KEY is another: no fault of who asks
 */
export async function openSecrets<T>(
  vault: Pick<Vault, 'open'>,
  schema: z.ZodType<T>,
  sealed: Sealed,
  stream: string,
): Promise<T | undefined> {
  try {
    return schema.parse(await vault.open(sealed, stream));
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    if (error instanceof Invalid || error instanceof z.ZodError) {
      throw new Unavailable('secret-unreadable', `The secrets of ${stream} can’t be read.`, { cause: error });
    }
    throw error;
  }
}
