import type { ServerResponse } from 'node:http';
import { Unavailable, type AppError } from '../errors.ts';
import type { AnswerSink } from './answerSink.ts';
import type { Call } from './call.ts';
import { isStanding } from './call.ts';
import { errorMessage } from './errorAnswer.ts';
import { FRESH_TAIL, isBetweenEvents, tailAfter } from '../mcp/sseBoundary.ts';

const KEEP_ALIVE = ': keep-alive\n\n';

/** Ends a half event under a type that no MCP client listens to, so that its half message is dropped. */
const CLOSE_HALF_EVENT = '\nevent: truncated\n\n';

/** Passes an event stream on as bytes. */
export class SseAnswer implements AnswerSink {
  readonly #res: ServerResponse;
  readonly #call: Call;
  #tail = FRESH_TAIL;
  #started = false;
  /** Events carry ids: a client that loses the stream can take it up again (MCP 2025-11-25, "Resumability"). */
  #resumable = false;

  constructor(res: ServerResponse, status: number, headers: string[], call: Call) {
    this.#res = res;
    this.#call = call;
    res.writeHead(status, headers);
    // The head goes out with the first event if that is here already, else at once: a client waits for it.
    queueMicrotask(() => {
      if (!this.#started) res.flushHeaders();
    });
  }

  data(chunk: Buffer): boolean {
    if (!this.#started) {
      this.#started = true;
      this.#resumable = namesAnId(chunk);
    }
    this.#tail = tailAfter(this.#tail, chunk);
    return this.#res.write(chunk);
  }

  end(): AppError | undefined {
    if (!isBetweenEvents(this.#tail)) {
      return new Unavailable('upstream-truncated', `The server "${this.#call.server.name}" sent half an event.`);
    }
    this.#res.end();
    return undefined;
  }

  fail(error: AppError): void {
    if (this.#isRecoverable(error)) {
      this.#res.destroy();
      return;
    }
    const close = isBetweenEvents(this.#tail) ? '' : CLOSE_HALF_EVENT;
    this.#res.end(`${close}event: message\ndata: ${errorMessage(error, this.#call.id)}\n\n`);
  }

  keepAlive(): void {
    if (isBetweenEvents(this.#tail)) this.#res.write(KEEP_ALIVE);
  }

  /** A broken stream that the client will open again must look broken, and must not be answered. */
  #isRecoverable(error: AppError): boolean {
    if (error.code !== 'upstream-truncated') return false;
    return this.#call.httpMethod === 'GET' || (this.#resumable && !isStanding(this.#call));
  }
}

/** Tells whether a line of the text begins with an id: `data: {"id":1}` holds none (WHATWG HTML, 9.2.5, 9.2.6). */
function namesAnId(chunk: Buffer): boolean {
  return chunk.indexOf('id:') === 0 || chunk.includes('\nid:') || chunk.includes('\rid:');
}
