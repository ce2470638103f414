/** The media type of a `Content-Type`, without parameters and in lower case (RFC 9110, 8.3.1). */
export function mediaTypeOf(contentType: string | null): string {
  return (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

/** Tells whether clients read it as JSON: some also what begins so, such as `application/json-rpc`. */
export function isJsonType(type: string): boolean {
  return type.startsWith('application/json');
}

/** Statuses that say that a message was taken, and that there is nothing to read. */
export const WITHOUT_ANSWER: ReadonlySet<number> = new Set([202, 204, 205]);

/** Tells whether clients read an answer as an event stream. */
export function isStreamAnswer(status: number, type: string): boolean {
  return type === 'text/event-stream' && status >= 200 && status < 300 && !WITHOUT_ANSWER.has(status);
}
