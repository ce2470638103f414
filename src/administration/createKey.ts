import type { Access } from '../commands/apiKey.ts';

/** What a new key is made of. */
export interface CreateKey extends Access {
  readonly name: string;
  readonly description?: string | undefined;
}
