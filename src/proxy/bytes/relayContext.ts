import type { CallObserver } from '../../calls/callEvent.ts';
import type { CallRegister } from '../../calls/callRegister.ts';
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../logging/logger.ts';
import type { ProxyLimits } from '../limits.ts';
import type { SessionTokens } from '../sessionTokens.ts';
import type { TaskIds } from '../tasks/taskIds.ts';
import type { ToolHints } from './toolHints.ts';

/** What all relays of a process share. */
export interface RelayContext {
  readonly tokens: SessionTokens;
  readonly taskIds: TaskIds;
  readonly toolHints: ToolHints;
  readonly register: CallRegister;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: ProxyLimits;
  readonly onCall: CallObserver | undefined;
}
