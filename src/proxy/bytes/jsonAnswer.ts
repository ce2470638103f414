import type { ServerResponse } from 'node:http';
import type { AppError } from '../../errors/appError.ts';
import { ByteOrderMark } from '../../mcp/byteOrderMark.ts';
import { otherAnswer } from '../../mcp/failures.ts';
import { MessageScan } from '../../mcp/messageScan.ts';
import { incompleteJson } from '../../mcp/unreadableJson.ts';
import { labelOf } from './answerPlan.ts';
import type { AnswerSink, PieceOutcome } from './answerSink.ts';
import type { Call } from '../call.ts';
import { HELD_BYTES, HeldBytes } from './heldBytes.ts';
import { fittingAnswer, hasErrorFor, isFitting } from './fittingAnswer.ts';
import { sendWhole } from './wholeBody.ts';

/**
 * Passes a JSON document on as bytes; one up to a bound in one go once it is whole, a longer one as it comes. Its last piece is
 * held until the document is whole and answers the request, so that half a document never reaches the client as
 * a complete answer, whatever length the server declared.
 */
export class JsonAnswer implements AnswerSink {
  readonly isStream = false;
  hasError = false;
  readonly #res: ServerResponse;
  readonly #status: number;
  readonly #headers: string[];
  readonly #call: Call;
  #declared: number | undefined;
  readonly #mark = new ByteOrderMark();
  readonly #scan = new MessageScan();
  readonly #held = new HeldBytes();
  #received = 0;
  #flows = false;

  constructor(res: ServerResponse, status: number, headers: string[], call: Call, declared: string | undefined) {
    this.#res = res;
    this.#status = status;
    this.#headers = headers;
    this.#call = call;
    this.#declared = declared === undefined ? undefined : Number(declared);
  }

  data(piece: Buffer): PieceOutcome {
    const chunk = this.#received === 0 ? this.#skipMark(piece) : piece;
    if (chunk.length === 0) return 'held';
    this.#scan.push(chunk);
    this.#received += chunk.length;
    // With a declared length the last piece would complete the answer: it waits for the verdict.
    const isLast = this.#received === this.#declared;
    if (this.#flows && !isLast) return this.#res.write(chunk) ? 'passed' : 'full';
    this.#held.add(chunk);
    if (isLast || (this.#declared ?? this.#received) <= HELD_BYTES) return 'held';
    return this.#startFlow();
  }

  end(): AppError | undefined {
    const held = this.#held.take();
    if (!this.#scan.complete) {
      const text = this.#flows ? undefined : held?.toString('utf8');
      return incompleteJson(labelOf(this.#call), this.#scan, text);
    }
    this.hasError = hasErrorFor(this.#call, this.#status, this.#scan);
    if (this.#flows) {
      if (!isFitting(this.#call, this.#status, this.#scan)) return otherAnswer(labelOf(this.#call));
      this.#res.end(held);
      return undefined;
    }
    const body = fittingAnswer(this.#call, this.#status, this.#scan, held ?? Buffer.alloc(0));
    if (body instanceof Error) return body;
    sendWhole(this.#res, this.#status, this.#headers, body);
    return undefined;
  }

  fail(): void {
    this.#res.destroy();
  }

  keepAlive(): void {
    // White space would be allowed in JSON, but an answer that has begun to flow is not silent for long.
  }

  #skipMark(piece: Buffer): Buffer {
    const chunk = this.#mark.skip(piece);
    if (chunk.length > 0 && this.#declared !== undefined) this.#declared -= this.#mark.length;
    return chunk;
  }

  #startFlow(): PieceOutcome {
    this.#flows = true;
    if (this.#declared !== undefined) this.#headers.push('Content-Length', String(this.#declared));
    this.#res.writeHead(this.#status, this.#headers);
    const held = this.#held.take();
    return held === undefined || this.#res.write(held) ? 'passed' : 'full';
  }
}
