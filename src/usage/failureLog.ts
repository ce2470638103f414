import type { CallObserver } from '../calls/callEvent.ts';
import { createRepeatedLog, type RepeatedLogOptions } from '../logging/repeatedLog.ts';
import { errorKindOf } from './errorKind.ts';

export interface FailureLog extends Disposable {
  readonly onCall: CallObserver;
}

/** Makes the log of servers that fail: a line per server and cause with the reason, and how often it came again. */
export function createFailureLog(options: Pick<RepeatedLogOptions, 'logger' | 'clock'>): FailureLog {
  const log = createRepeatedLog({ ...options, message: 'calls to an MCP server fail' });
  return {
    onCall(event) {
      if (event.outcome === 'ok') return;
      const kind = errorKindOf(event);
      if (kind !== 'upstream' && kind !== 'timeout') return;
      const { server, outcome: code, reason, requestId } = event;
      log.note(`${server} ${code}`, () => ({ server, code, reason, requestId }));
    },
    [Symbol.dispose]() {
      log[Symbol.dispose]();
    },
  };
}
