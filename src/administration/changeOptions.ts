import type { HandleOptions } from '../commands/handle.ts';

/** How a change is made, besides what it changes. */
export interface ChangeOptions extends HandleOptions {
  /** Why, for the audit trail. */
  readonly reason?: string | undefined;
}
