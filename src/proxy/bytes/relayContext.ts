import type { CallContext } from '../callContext.ts';
import type { ToolHints } from './toolHints.ts';

/** What all relays of a process share. */
export interface RelayContext extends CallContext {
  readonly toolHints: ToolHints;
}
