import type { AnswerWriter } from '../answerWriter.ts';
import type { MessageText } from '../messageText.ts';

/** Writes the messages of one answer: over HTTP as a document or an event stream, else as lines. */
export interface MessageWriter extends AnswerWriter {
  readonly isOfBatch: boolean;
  /** The client has not taken what was written. */
  readonly isFull: boolean;
  /** It is the answer to a batch with these requests. @param ids as JSON */
  expect(ids: readonly string[]): void;
  /** Lets the client know that an answer has begun, unless it does. */
  beginStream(): void;
  /** Sends a message that is not the response. Returns false when no more may come until the client has drained. */
  message(text: string): boolean;
  /** Sends the response, which ends the answer. @param errorCode of a JSON-RPC error */
  response(text: MessageText, errorCode: number | undefined): true;
  /** Takes the response of one request of a batch. The last one ends the answer. @returns whether it did */
  responseOfBatch(text: string, id: string): boolean;
  /** A request of a batch waits no longer. @returns whether that ends the answer */
  withdraw(id: string): boolean;
  /** Answers a message that has no response, or the end of a session. */
  accepted(status: 200 | 202): void;
  /** Ends the answer to a request that the client has cancelled: it gets no response. */
  cancelled(): void;
}
