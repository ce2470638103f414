import { createTextSeal } from './sealedText.ts';

/** Whose `requestState` it is, and where the call lives that waits for it. */
interface RequestState {
  readonly keyId: string;
  /** As `Peers.find` reads it. */
  readonly home: string;
  readonly parkedId: string;
}

/** The texts by which a modern client goes on with a call that waits for its input here. */
export interface RequestStates {
  /** Seals and opens those of one key: another key's are unknown to it. */
  forKey(keyId: string): {
    seal(parkedId: string): string;
    open(requestState: string): { parkedId: string } | undefined;
  };
  /** Where the call lives; undefined: it is no text of ours, or of another key. */
  homeOf(keyId: string, requestState: string): string | undefined;
}

/** They are told apart from those of servers without opening them. */
const PREFIX = 'metamcp.';

/**
 * Makes what seals and opens `requestState` (MCP 2026-07-28, basic/patterns/mrtr: it passes through an untrusted client, so it is
 * integrity-protected and bound to the principal).
 * @param key 32 bytes, the same on every replica
 * @param home of this process, as `Peers.here` has it
 */
export function createRequestStates(key: Buffer, home: string): RequestStates {
  const texts = createTextSeal(key, 'metamcp request state');

  function open(keyId: string, requestState: string): RequestState | undefined {
    if (!requestState.startsWith(PREFIX)) return undefined;
    const text = texts.open(requestState.slice(PREFIX.length));
    if (text === undefined) return undefined;
    const state = JSON.parse(text) as RequestState;
    return state.keyId === keyId ? state : undefined;
  }

  return {
    forKey: (keyId) => ({
      seal: (parkedId) => PREFIX + texts.seal(JSON.stringify({ keyId, home, parkedId } satisfies RequestState)),
      open: (requestState) => open(keyId, requestState),
    }),
    homeOf: (keyId, requestState) => open(keyId, requestState)?.home,
  };
}
