import { isLost, type AnswerCase } from './answerCase.ts';
import { judge, judgeStacks, type Violation } from './judge.ts';
import { askAsMessages } from './messageClient.ts';
import { runDirectly } from './runDirectly.ts';
import { runThroughGateway } from './runThroughGateway.ts';
import { within } from './waiting.ts';
import type { World } from './world.ts';

/** Runs a case directly, through the gateway's byte lane and with its own client, and returns the rules that were broken. */
export async function runCase(world: World, of: AnswerCase): Promise<Violation[]> {
  // What may be repeated must come out as if its connection had not been lost (RFC 9110, 9.2.2).
  const expected: AnswerCase = isLost(of.before) && isSafe(of) ? { ...of, before: 'used' } : of;
  const direct = await runDirectly(world, expected);
  const { outcome, violations } = await runThroughGateway(world, of, direct);
  const found = [...violations, ...judge(expected, direct, outcome)];
  const fate = [...direct.fates.values()][0];
  // A stream that can be taken up again is taken up by the gateway's own client, and by others themselves.
  if (of.kind !== 'request' || isLost(of.before) || fate?.is === 'resumable') return found;
  const isAnswered = fate?.is === 'result' || fate?.is === 'error';
  const messages = await within(askAsMessages(of, world.server.open(of).url, { isAnswered }));
  return [...found, ...(messages === undefined ? [HANGS] : judgeStacks(outcome, messages))];
}

const HANGS: Violation = { rule: 'it hangs', detail: 'the gateway’s own client' };

function isSafe({ kind, method }: AnswerCase): boolean {
  return kind === 'get' || kind === 'delete' || (kind === 'request' && method === 'tools/list');
}
