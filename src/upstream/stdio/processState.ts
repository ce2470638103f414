/** What the process of a server is doing, as faces show it. */
export interface ProcessState {
  /**
   * `restarting`: it has ended by itself, and is started again after a wait if it is needed then. `stopped`: it is started when it
   * is needed.
   * `given-up`: it has ended too often, and is started again only on demand of an administrator.
   */
  readonly status: 'starting' | 'running' | 'restarting' | 'stopped' | 'given-up';
  /** Since when, in ms since the epoch. */
  readonly since: number;
  /** When it is started again at the earliest, in ms since the epoch; of `restarting`. */
  readonly retryAt?: number | undefined;
  /** Why it does not run; fit to be shown. */
  readonly reason?: string | undefined;
  readonly pid?: number | undefined;
  /** How often in a row it has ended by itself. */
  readonly failures: number;
}
