import type { CallEvent } from '../../calls/callEvent.ts';
import { isStanding, type Call } from '../call.ts';

/** Says what an exchange was, and how it ended. */
export function endedCall(
  call: Call,
  ending: Pick<CallEvent, 'outcome' | 'status' | 'durationMs' | 'bytesOut'>,
): CallEvent {
  const { principal, server, kind, method, httpMethod, tools, onlyTools, tasks, bytesIn } = call;
  return {
    keyId: principal.keyId,
    server: server.name,
    method: method ?? kind ?? httpMethod,
    // A question about a task of a tool is no call of the tool.
    tool: tools.length === 1 && onlyTools && tasks?.subject === undefined ? tools[0] : undefined,
    standing: isStanding(call),
    bytesIn,
    ...ending,
  };
}
