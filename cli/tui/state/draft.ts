import type { Transport } from '../../../src/events/mcpServer.ts';

/** A server as a form describes it. */
export interface ServerDraft {
  readonly transport: Transport;
  readonly url: string;
  readonly title: string;
  readonly description: string;
  /** Added, or put in the place of those of the same name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names of headers that go. */
  readonly drop: readonly string[];
}
