import type { CallRegister } from '../calls/callRegister.ts';
import type { CallScope } from '../calls/openCall.ts';
import type { Logger } from '../logging/logger.ts';
import type { Tracer } from '../tracing/tracer.ts';
import type { ProxyLimits } from './limits.ts';
import type { SessionTokens } from './sessionTokens.ts';
import type { TaskIds } from './tasks/taskIds.ts';

/** What the calls of all clients share, in either lane. */
export interface CallContext extends CallScope {
  readonly register: CallRegister;
  readonly tokens: SessionTokens;
  readonly taskIds: TaskIds;
  readonly limits: ProxyLimits;
  readonly logger: Logger;
  /** Undefined: nobody collects traces. */
  readonly tracer?: Tracer | undefined;
  /** Called when a server sends that a list of its has changed. */
  readonly onListChanged: ((server: string) => void) | undefined;
}
