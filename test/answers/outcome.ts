import { z } from 'zod';
import type { AnswerCase } from './answerCase.ts';
import type { Observed } from './strictClient.ts';
import type { Id } from './wire.ts';

/** What became of one request. */
export type Fate =
  | { readonly is: 'result'; readonly value: unknown }
  /** `reason`: the gateway's own code, of an error that the gateway made. */
  | {
      readonly is: 'error';
      readonly code: number;
      readonly message: string;
      readonly reason: string | undefined;
      readonly data: unknown;
    }
  /** `code`: of the server's own error, if that is what told it. */
  | { readonly is: 'session-lost'; readonly code: number | undefined }
  /** The stream broke, and the client takes it up again after this event. */
  | { readonly is: 'resumable'; readonly after: string }
  /** No answer of any use: the client knows that it failed, and at best an HTTP status. */
  | { readonly is: 'failure' };

/** What a client got out of an exchange, in a form that can be compared. */
export interface Outcome {
  readonly status: number;
  readonly type: string;
  readonly hasBody: boolean;
  readonly fates: ReadonlyMap<Id, Fate>;
  /** Requests with more than one answer. */
  readonly repeated: readonly Id[];
  /** Answers to no request. */
  readonly strangers: number;
  /** Methods of the notifications, in order. */
  readonly notifications: readonly string[];
  readonly ending: Observed['ending'];
  readonly lastEventId: string;
  /** An error about the exchange as a whole, without the id of a request. */
  readonly general: Fate | undefined;
}

const errorSchema = z.object({
  id: z.union([z.string(), z.number()]).nullish(),
  error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }),
});
const resultSchema = z.object({ id: z.union([z.string(), z.number()]), result: z.record(z.string(), z.unknown()) });
const notificationSchema = z.object({ method: z.string(), id: z.undefined().optional() });
const reasonSchema = z.object({ code: z.string() });

/** Reduces what a client got to what it means to it. */
export function outcomeOf(of: AnswerCase, ids: readonly Id[], observed: Observed): Outcome {
  const answers = new Map<Id, Fate[]>(ids.map((id) => [id, []]));
  const notifications: string[] = [];
  const general: Fate[] = [];
  let strangers = 0;
  for (const message of observed.messages) {
    const notification = notificationSchema.safeParse(message).data;
    const read = readAnswer(message);
    if (notification !== undefined) notifications.push(notification.method);
    else if (read === undefined) continue;
    else if (read.id === undefined) general.push(read.fate);
    else if (answers.has(read.id)) answers.get(read.id)!.push(read.fate);
    else strangers++;
  }
  const onlyId = ids.length === 1 ? ids[0] : undefined;
  // Who could not read the request's id says so with none (JSON-RPC 2.0, 5).
  if (onlyId !== undefined) answers.get(onlyId)!.push(...general);
  // Of a batch, it stands for all answers when it is the whole body; on a stream it leaves them waiting.
  const forAll = observed.type === 'text/event-stream' ? undefined : general[0];
  const fates = new Map(ids.map((id) => [id, fateOf(of, observed, answers.get(id)![0] ?? forAll)]));
  return {
    status: observed.status,
    type: observed.type,
    hasBody: observed.bytes > 0,
    fates,
    repeated: ids.filter((id) => answers.get(id)!.length > 1),
    strangers,
    notifications,
    ending: observed.ending,
    lastEventId: observed.lastEventId,
    general: general[0],
  };
}

function readAnswer(message: unknown): { id: Id | undefined; fate: Fate } | undefined {
  const result = resultSchema.safeParse(message).data;
  if (result !== undefined) return { id: result.id, fate: { is: 'result', value: result.result } };
  const failed = errorSchema.safeParse(message).data;
  if (failed === undefined) return undefined;
  const { code, message: words, data } = failed.error;
  return {
    id: failed.id ?? undefined,
    fate: { is: 'error', code, message: words, reason: reasonSchema.safeParse(data).data?.code, data },
  };
}

function fateOf(of: AnswerCase, { status, lastEventId }: Observed, answer: Fate | undefined): Fate {
  // A 404 within a session means that it is gone (MCP 2025-11-25, basic/transports, Session Management), but not when it is
  // the method that is not found (MCP 2026-07-28, basic/transports/streamable-http).
  const isAboutMethod = answer?.is === 'error' && answer.code === -32_601;
  if (status === 404 && of.session && !isAboutMethod) {
    const isOfServer = answer?.is === 'error' && answer.reason === undefined;
    return { is: 'session-lost', code: isOfServer ? answer.code : undefined };
  }
  if (answer !== undefined) return status >= 300 && answer.is === 'result' ? { is: 'failure' } : answer;
  // The modern era has no event ids (MCP 2026-07-28, basic/transports/streamable-http).
  return of.era === 'legacy' && lastEventId !== '' ? { is: 'resumable', after: lastEventId } : { is: 'failure' };
}
