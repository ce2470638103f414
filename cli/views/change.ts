/** What an event changed: the values before, absent for a new key, and after. */
export interface Change {
  readonly what: string;
  readonly from?: string | undefined;
  readonly to: string;
}
