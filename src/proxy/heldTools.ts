import {
  APPROVAL_KEY,
  withheldText,
  type FindToolHold,
  type ToolHold,
  type Unapproved,
} from '../catalogue/toolHolds.ts';
import { INVALID_PARAMS } from '../mcp/errorCodes.ts';
import { isJsonObject } from '../mcp/jsonRpc.ts';
import { stringifySteps } from '../mcp/losslessWriting.ts';
import { parseSteps } from '../mcp/slicedJson.ts';
import type { Steps } from '../slices.ts';
import type { Call } from './call.ts';
import type { Lane } from './lane.ts';
import type { CallResponse } from './lineResponse.ts';
import { unsentCall, type GatewayAnswers } from './gatewayAnswers.ts';
import { serverError, type LocalAnswer } from './localAnswer.ts';
import { oneWaySteps } from './strictMembers.ts';
import { editTools } from './toolListFilter.ts';

/** Makes a lane in which tools that nobody has approved are marked, or neither listed nor called. */
export function withToolHolds<Response extends CallResponse>(
  lane: Lane<Response>,
  findHold: FindToolHold | undefined,
  answers: GatewayAnswers,
): Lane<Response> {
  if (findHold === undefined) return lane;
  return {
    ...lane,
    carry(call, req, res, body) {
      const found = findHold(call.server, call.era, call.tools.length > 0 ? 'call' : 'list');
      if (found === undefined) {
        lane.carry(call, req, res, body);
        return;
      }
      const answered = { req, res, id: call.id, call: unsentCall(call) };
      const go = (hold: ToolHold): void => {
        if (res.destroyed) return;
        const answer = judgeCall(call, hold);
        if (answer === undefined) lane.carry({ ...call, hold }, req, res, body);
        else answers.answer(answered, answer);
      };
      if (!(found instanceof Promise)) {
        go(found);
        return;
      }
      found.then(go).catch((error: unknown) => answers.refuse(answered, error));
    },
  };
}

/** Answers a call of a tool that is withheld; undefined: it may be called. */
function judgeCall({ id, method, tools, server }: Call, hold: ToolHold): LocalAnswer | undefined {
  if (hold.effect !== 'hold') return undefined;
  const withheld = tools.find((tool) => hold.ofName(tool) !== undefined);
  if (withheld === undefined) return undefined;
  return serverError(
    method === undefined ? 400 : 200,
    id,
    INVALID_PARAMS,
    withheldText(server.name, withheld, hold.ofName(withheld)),
    { data: { code: 'tool-withheld' }, outcome: 'tool-withheld' },
  );
}

/**
 * Marks the tools of a message that nobody has approved, or cuts them out. A tool that parsers could read in more than one way
 * is never approved.
 */
export function holdTools(json: string, hold: ToolHold): Steps<string> {
  return editTools(json, function* (cursor) {
    const from = cursor.at;
    yield* cursor.skipSteps();
    const text = json.slice(from, cursor.at);
    const tool = yield* parseSteps(Buffer.from(text));
    const why = yield* unapproved(tool, text, hold);
    if (why === undefined) return true;
    return hold.effect === 'flag' ? yield* marked(tool, text, why) : false;
  });
}

function* unapproved(tool: unknown, text: string, hold: ToolHold): Steps<Unapproved | undefined> {
  if (!isJsonObject(tool)) return 'new';
  const why = yield* hold.ofDefinition(tool);
  return why ?? ((yield* oneWaySteps(text)) ? undefined : 'changed');
}

/** Writes the mark into a tool; all else stays byte for byte. */
function* marked(tool: unknown, text: string, why: Unapproved): Steps<string> {
  if (!isJsonObject(tool)) return text;
  const mark = `${JSON.stringify(APPROVAL_KEY)}:${JSON.stringify(why)}`;
  const start = text.indexOf('{') + 1;
  if (!Object.hasOwn(tool, '_meta')) {
    return `${text.slice(0, start)}"_meta":{${mark}}${Object.keys(tool).length === 0 ? '' : ','}${text.slice(start)}`;
  }
  const { _meta: meta, ...rest } = tool;
  return yield* stringifySteps({ ...rest, _meta: { ...(isJsonObject(meta) ? meta : {}), [APPROVAL_KEY]: why } });
}
