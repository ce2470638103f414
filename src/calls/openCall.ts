import type { Clock } from '../clock.ts';
import type { CallEvent, CallObserver } from './callEvent.ts';
import type { CallRegister } from './callRegister.ts';
import type { RunningCall } from './runningCall.ts';

/** What a call is opened with, whatever carries it. */
export interface CallScope {
  readonly register: Pick<CallRegister, 'open' | 'circuits'>;
  /** Never goes back. */
  readonly clock: Clock;
  readonly onCall: CallObserver | undefined;
}

/** A call, from its entry in the register to its event, which one that uses no server has not. */
export interface OpenCall {
  /** Takes the call out of the register. */
  leave(): void;
  /** Takes the call out of the register and hands its event to the observer; once, at the first time. */
  end(ending: CallEnding): void;
}

/** What is known of a call when it has ended. */
export type CallEnding = Omit<CallEvent, 'keyId' | 'keyName' | 'server' | 'standing' | 'answeredHere' | 'durationMs'>;

/**
 * Opens a call: from here on the register can cut it.
 * @throws what CallRegister.open throws; Unavailable `server-circuit-open`
 */
export function openCall({ register, clock, onCall }: CallScope, call: RunningCall): OpenCall {
  const startedAt = clock();
  const { circuits } = register;
  const leave = register.open(call);
  try {
    if (call.server !== undefined) circuits?.enter(call.server);
  } catch (error) {
    leave();
    throw error;
  }
  let isOver = false;
  return {
    leave: () => leave(),
    end(ending) {
      if (isOver) return;
      isOver = true;
      leave(ending.bytesIn + ending.bytesOut);
      const { principal, server, standing } = call;
      if (server !== undefined) circuits?.note(server, ending.outcome);
      if (onCall === undefined || server === undefined) return;
      const durationMs = clock() - startedAt;
      const { keyId, keyName } = principal;
      // Member by member: copied (`...`), they were to be seen in a profile of calls.
      onCall({
        requestId: ending.requestId,
        protocol: ending.protocol,
        traceId: ending.traceId,
        keyId,
        keyName,
        server: server.name,
        method: ending.method,
        tool: ending.tool,
        era: ending.era,
        standing,
        outcome: ending.outcome,
        reason: ending.reason,
        answeredHere: false,
        status: ending.status,
        durationMs,
        ownMs: ending.ownMs,
        bytesIn: ending.bytesIn,
        bytesOut: ending.bytesOut,
      });
    },
  };
}
