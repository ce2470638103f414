import { DEFAULT_PACE, type PaceSettings } from '../pace.ts';

/** How a conversation over one channel is held. Times in milliseconds. */
export interface DuplexSettings {
  /** A server that does not answer `server/discover` within it gets `initialize`, too; the first answer decides. */
  readonly probeMs: number;
  /** From the channel's opening to the end of the handshake. Programs may fetch themselves first (npx, uvx). */
  readonly startMs: number;
  /** One message from a server. */
  readonly messageBytes: number;
  /** Messages that wait for one reader: when one more comes, the channel is not read on. */
  readonly waiting: { readonly messages: number; readonly bytes: number };
  /** What a server sends while nobody listens: the oldest give way. One message is kept, whatever its size. */
  readonly unheard: { readonly messages: number; readonly bytes: number };
  /** What a server sends that nobody waits for; beyond it the channel is read more slowly. */
  readonly unasked: PaceSettings;
}

export const DEFAULT_DUPLEX_SETTINGS: DuplexSettings = {
  probeMs: 3_000,
  startMs: 60_000,
  messageBytes: 16 * 1024 * 1024,
  waiting: { messages: 256, bytes: 1024 * 1024 },
  unheard: { messages: 100, bytes: 1024 * 1024 },
  unasked: DEFAULT_PACE,
};
