import { isJsonObject, type JsonObject, type ServerRequestId } from '../../mcp/jsonRpc.ts';
import { parseLossless, stringifyLossless } from '../../mcp/losslessJson.ts';
import type { ReplyOutcome, SideMessage } from '../upstream.ts';
import { withTaskPlaces, withOwnTaskIds } from './memberTaskIds.ts';

const SEPARATOR = '__';

/** How the JSON of a text or a number begins. */
const SCALAR_START = /^["\d-]/;

/** Something that a member numbers by itself, as clients get it: with the member's place, so that no state leads back to it. */
export interface MemberId {
  readonly place: string;
  readonly own: unknown;
}

/** Writes an id of a member's request, or its progress token, for clients. */
export function writeMemberId(place: string, own: unknown): string {
  return place + SEPARATOR + stringifyLossless(own);
}

/**
 * Reads what `writeMemberId` wrote of a text or a number; undefined for anything else. The bounds of a message see one text here: an
 * array or object in it has none, and is not parsed.
 */
export function readMemberId(id: unknown): MemberId | undefined {
  if (typeof id !== 'string') return undefined;
  const end = id.indexOf(SEPARATOR);
  const own = id.slice(end + SEPARATOR.length);
  if (end <= 0 || !SCALAR_START.test(own)) return undefined;
  try {
    return { place: id.slice(0, end), own: parseLossless(own) };
  } catch {
    return undefined;
  }
}

/** Ids of events are of one line, and no place has a slash. */
const EVENT_ID = /^([^/]+)\/(.+)$/s;

/** Writes the id of an event of a member's for clients. */
export function writeMemberEventId(place: string, own: string): string {
  return `${place}/${own}`;
}

/** Reads what `writeMemberEventId` wrote; undefined for anything else. */
export function readMemberEventId(id: string): { readonly place: string; readonly own: string } | undefined {
  const [, place, own] = EVENT_ID.exec(id) ?? [];
  return place === undefined || own === undefined ? undefined : { place, own };
}

/** Writes the ids in what a member sends beside answers: of its requests, its progress tokens, its tasks. */
export function withMemberIds(place: string, sent: SideMessage): SideMessage {
  const message = withTaskPlaces(place, sent);
  if (message.kind === 'request') {
    const { request } = message;
    const params = withToken(request.params, place);
    return { kind: 'request', request: { ...request, id: writeMemberId(place, request.id), params } };
  }
  const { notification } = message;
  const { method, params } = notification;
  if (method !== 'notifications/cancelled' || params === undefined) return message;
  const requestId = writeMemberId(place, params['requestId']);
  return { kind: 'notification', notification: { ...notification, params: { ...params, requestId } } };
}

/** Gives a member its own ids back in what a client replies to it. */
export function ownOutcome(place: string, outcome: ReplyOutcome): ReplyOutcome {
  return 'error' in outcome ? outcome : { result: withOwnTaskIds(place, outcome.result) ?? {} };
}

/** The id of a request of a member's, where it is one. */
export function ownRequestId(id: unknown): (MemberId & { readonly own: ServerRequestId }) | undefined {
  return readMemberId(id) as (MemberId & { readonly own: ServerRequestId }) | undefined;
}

function withToken(params: JsonObject | undefined, place: string): JsonObject | undefined {
  const meta = params?.['_meta'];
  if (!isJsonObject(meta) || meta['progressToken'] === undefined) return params;
  return { ...params, _meta: { ...meta, progressToken: writeMemberId(place, meta['progressToken']) } };
}
