import { parseForeignJson } from '../../mcp/foreignJson.ts';
import { isJsonObject, readServerMessage } from '../../mcp/jsonRpc.ts';
import { parseLossless } from '../../mcp/losslessJson.ts';
import { writeMemberId } from '../../upstream/aggregate/memberIds.ts';
import { answerRewrite, type AnswerRewrite } from '../answerRewrite.ts';
import type { Call } from '../call.ts';
import { edited, placesOf, type Paths } from '../jsonPlaces.ts';
import type { TaskIds } from '../tasks/taskIds.ts';

/** Where a legacy server numbers things itself: its requests, what it cancels of them, the progress that it asks for. */
const OF_REQUEST: Paths = { id: true, params: { _meta: { progressToken: true } } };
const OF_CANCELLED: Paths = { params: { requestId: true } };

/** Makes what changes the events of a server's answer for the client; undefined: they pass as they are. */
export function eventRewrite(call: Call, ids: TaskIds): AnswerRewrite | undefined {
  const rewrite = answerRewrite(call, ids);
  const { member } = call;
  if (member?.session === undefined) return rewrite;
  const { session, keepsIds, place } = member;
  return function* (text, message) {
    const changed = text.includes('"method"') ? withMemberIds(text) : text;
    if (changed === undefined || rewrite === undefined) return changed;
    return yield* rewrite(changed, changed === text ? message : undefined);
  };

  function withMemberIds(text: string): string | undefined {
    let parsed: unknown;
    try {
      parsed = parseForeignJson(text);
    } catch {
      return undefined;
    }
    if (!isJsonObject(parsed)) return text;
    const read = readServerMessage(parsed);
    if (read?.kind === 'request') {
      return session.admit(read.request) === undefined ? undefined : replaced(text, OF_REQUEST);
    }
    return parsed['method'] === 'notifications/cancelled' ? replaced(text, OF_CANCELLED) : text;
  }

  function replaced(text: string, paths: Paths): string {
    if (keepsIds) return text;
    const edits = placesOf(text, paths).map(({ from, to }) => {
      const id = JSON.stringify(writeMemberId(place, parseLossless(text.slice(from, to))));
      return { from, to, text: id };
    });
    return edited(text, edits);
  }
}
