import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { problemSchema } from './problem.ts';

/** A line comes at least so often, in milliseconds, so that nobody on the way takes the connection for a dead one. */
const HEARTBEAT_MS = 15_000;

const toolResultSchema = z.looseObject({});

/** One line of the answer to a tool that is run with `Accept: application/x-ndjson`. */
export const callLineSchema = z
  .discriminatedUnion('type', [
    z
      .object({
        type: z.literal('progress'),
        progress: z.number(),
        total: z.number().optional(),
        message: z.string().optional(),
      })
      .meta({ description: 'How far the tool is (MCP, notifications/progress).' }),
    z
      .object({
        type: z.literal('log'),
        level: z.string(),
        logger: z.string().optional(),
        data: z.unknown().optional(),
      })
      .meta({ description: 'What the server logs for the call (MCP, notifications/message).' }),
    z
      .object({ type: z.literal('heartbeat') })
      .meta({ description: 'Nothing else was sent for 15 seconds; the call goes on.' }),
    z
      .object({ type: z.literal('result'), result: toolResultSchema })
      .meta({ description: 'The last line: the result as the server gave it (ToolResult).' }),
    z
      .object({ type: z.literal('problem'), problem: problemSchema })
      .meta({ description: 'The last line of a call that failed after its first line.' }),
  ])
  .meta({ id: 'ToolCallLine' });

export type CallLine = z.infer<typeof callLineSchema>;

/**
 * Writes the lines of one call to its client. The head goes out with the first line, so that what fails before has its HTTP
 * status. A line counts as sent when the client takes more: until then nothing more is read from the server.
 */
export class CallLines {
  readonly #res: ServerResponse;
  /** Of the register's clock; undefined: no look has come since the last line. */
  #silentSince: number | undefined;

  constructor(res: ServerResponse) {
    this.#res = res;
  }

  get hasBegun(): boolean {
    return this.#res.headersSent;
  }

  /** Sends a line. Settles when the client takes more, or is gone. */
  async send(line: CallLine): Promise<void> {
    const res = this.#res;
    if (res.destroyed || res.writableEnded) return;
    this.#silentSince = undefined;
    if (res.write(textOf(line))) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        res.off('drain', done);
        res.off('close', done);
        resolve();
      };
      res.once('drain', done);
      res.once('close', done);
    });
  }

  /** Sends the last line. */
  end(line: CallLine): void {
    if (!this.#res.destroyed && !this.#res.writableEnded) this.#res.end(textOf(line));
  }

  /** Sends a heartbeat, where nothing was sent for long. @param now of the register's clock */
  tick(now: number): void {
    this.#silentSince ??= now;
    if (now - this.#silentSince < HEARTBEAT_MS || this.#res.writableNeedDrain) return;
    void this.send({ type: 'heartbeat' });
  }
}

function textOf(line: CallLine): string {
  return `${JSON.stringify(line)}\n`;
}
