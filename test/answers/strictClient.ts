import { fetch, type Dispatcher, type Response } from 'undici';
import { EventStream } from './eventStream.ts';
import { isJsonType, isStreamAnswer, mediaTypeOf, WITHOUT_ANSWER } from './mediaType.ts';

export interface Question {
  readonly url: string;
  readonly verb: 'POST' | 'GET' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly dispatcher: Dispatcher;
  /** Ends the exchange: nobody waits any longer. */
  readonly signal: AbortSignal;
  /** Told when the head of the answer is there. */
  readonly onHead?: () => void;
  /** Gets each message as it comes. */
  readonly onMessage?: (message: unknown) => void;
}

/** What a client got, before it is judged. */
export interface Observed {
  /** 0: there was no answer. */
  readonly status: number;
  readonly type: string;
  readonly sessionId: string | undefined;
  /** Of an event stream, or of a JSON document; what can't be read as JSON is in `unreadable`. */
  readonly messages: readonly unknown[];
  readonly unreadable: number;
  /** Bytes of the body. */
  readonly bytes: number;
  readonly ending: 'whole' | 'broken';
  readonly lastEventId: string;
}

/**
 * Sends a message as a client does that follows MCP, basic/transports: with the platform's fetch, which follows redirects and
 * decodes content, and with an event stream read to the letter.
 */
export async function ask(question: Question): Promise<Observed> {
  const { url, verb, headers, body, dispatcher, signal } = question;
  let response: Response;
  try {
    response = await fetch(url, { method: verb, headers, body: body ?? null, dispatcher, signal });
  } catch {
    return {
      status: 0,
      type: '',
      sessionId: undefined,
      messages: [],
      unreadable: 0,
      bytes: 0,
      ending: 'broken',
      lastEventId: '',
    };
  }
  question.onHead?.();
  const type = mediaTypeOf(response.headers.get('content-type'));
  const sessionId = response.headers.get('mcp-session-id') ?? undefined;
  const isStream = isStreamAnswer(response.status, type);
  const messages: unknown[] = [];
  let unreadable = 0;
  const take = (text: string) => {
    try {
      const value: unknown = JSON.parse(text);
      for (const message of Array.isArray(value) ? (value as unknown[]) : [value]) {
        messages.push(message);
        question.onMessage?.(message);
      }
    } catch {
      unreadable++;
    }
  };
  const stream = new EventStream();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  let ending: Observed['ending'] = 'whole';
  try {
    for await (const chunk of response.body ?? []) {
      const piece = chunk as Uint8Array;
      bytes += piece.length;
      const decoded = decoder.decode(piece, { stream: true });
      if (!isStream) text += decoded;
      else for (const event of stream.push(decoded)) if (event.type === 'message') take(event.data);
    }
  } catch {
    ending = 'broken';
  }
  if (isJsonType(type) && ending === 'whole' && !WITHOUT_ANSWER.has(response.status)) take(text);
  return {
    status: response.status,
    type,
    sessionId,
    messages,
    unreadable,
    bytes,
    ending,
    lastEventId: stream.lastEventId,
  };
}
