import type { Principal } from '../auth/principal.ts';
import type { LiveServer } from '../live/liveServer.ts';
import type { CallEvent } from './callEvent.ts';
import type { CallScope } from './openCall.ts';

/** The outcome where the key has no grant for the server, and is answered as if there were none. */
export const SERVER_NOT_GRANTED = 'server-not-granted';

/** The outcome where the key has a grant for the server, but not for what it asks of it. */
export const NOT_GRANTED = 'not-granted';

/** A call that does not reach its server, as far as it is known. */
export interface UnsentCall {
  readonly principal: Pick<Principal, 'keyId' | 'keyName'>;
  readonly server: Pick<LiveServer, 'name'>;
  /** See CallEvent. */
  readonly method: string;
  readonly tool: string | undefined;
  readonly era: CallEvent['era'];
  readonly bytesIn: number;
}

/** What its client was answered. */
export interface AnswerFromHere {
  /** See CallEvent. */
  readonly requestId: string | undefined;
  /** See CallEvent. */
  readonly protocol: CallEvent['protocol'];
  /** The code of the refusal; `ok` where the gateway knows what the server would answer. */
  readonly outcome: string;
  readonly status: number;
  readonly bytesOut: number;
}

/** Hands the event of a call to the observer that the gateway has answered in the server's place. */
export function noteAnsweredHere(
  { onCall }: Pick<CallScope, 'onCall'>,
  { principal, server, method, tool, era, bytesIn }: UnsentCall,
  { requestId, protocol, outcome, status, bytesOut }: AnswerFromHere,
): void {
  const { keyId, keyName } = principal;
  const call = {
    requestId,
    protocol,
    keyId,
    keyName,
    server: server.name,
    method,
    tool,
    era,
    standing: false,
    answeredHere: true,
  };
  onCall?.({ ...call, durationMs: 0, ownMs: undefined, outcome, status, bytesIn, bytesOut });
}
