import { isDeepStrictEqual } from 'node:util';
import { isLost, type AnswerCase } from './answerCase.ts';
import { documentedDifferences } from './documentedDifferences.ts';
import type { Violation } from './judge.ts';
import type { Called, OfficialClient } from './officialClients.ts';
import type { Fate } from './outcome.ts';
import { runDirectly } from './runDirectly.ts';
import { happens } from './waiting.ts';
import { isEmpty, type World } from './world.ts';
import { RESULT } from './wire.ts';

let number = 0;

/** Tells whether an official client can be asked for what a case is about: a call that ends by itself. */
export function suits({ era }: OfficialClient, { kind, method, by, before, style, ...of }: AnswerCase): boolean {
  const endsByItself = kind === 'request' && method === 'tools/call' && by !== 'silence' && !isLost(before);
  // Their parser waits for what follows a CR, and so for ever at the end of a stream.
  return of.era === era && endsByItself && style.lineEnd !== '\r';
}

/**
 * Lets an official client call a tool directly and through the gateway. What it can read directly, and what a client that keeps
 * to the specification could, it gets; else the call fails, and does not wait for ever.
 */
export async function runOfficially(
  { server, gateway }: World,
  client: OfficialClient,
  of: AnswerCase,
): Promise<Violation[]> {
  const fate = [...(await runDirectly({ server }, of)).fates.values()][0]!;
  // It would come back for the rest of the stream after a second, and is answered 405.
  if (fate.is === 'resumable') return [];
  // A client waits for ever for an answer that a stream ended without.
  const direct = fate.is === 'failure' ? undefined : await client.call({ url: server.open(of).url, headers: {} });
  const name = `official-${++number}`;
  gateway.servers.set(name, server.open(of).url);
  try {
    const place = { url: `${gateway.url}/mcp/${name}`, headers: { authorization: 'Bearer good' } };
    const through = await client.call(place);
    const found = compare(of, { fate, direct, through });
    const left = (await happens(() => isEmpty(gateway))) ? [] : [{ rule: 'a call stays in the register', detail: '' }];
    return [...found, ...left].map(({ rule, detail }) => ({ rule: `${client.name}: ${rule}`, detail }));
  } finally {
    gateway.servers.remove(name);
  }
}

function compare(of: AnswerCase, got: { fate: Fate; direct: Called | undefined; through: Called }): Violation[] {
  const { fate, direct, through } = got;
  const detail = `${direct?.is ?? fate.is} became ${through.is}${through.is === 'failure' ? ` (${through.message.slice(0, 120)})` : ''}`;
  if (through.is === 'hangs') return [{ rule: 'it hangs', detail }];
  if (through.is === 'result') {
    const isRight = isDeepStrictEqual(contentOf(through.value), RESULT.content);
    const isExpected = fate.is === 'result' || direct?.is === 'result' || isDocumented(of, fate, RESULT_FATE);
    return isRight && isExpected ? [] : [{ rule: 'a failure became a result', detail }];
  }
  const refused: Fate = { is: 'error', code: -32_603, message: '', reason: reasonIn(through), data: undefined };
  if (isDocumented(of, fate, refused)) return [];
  return fate.is === 'result' || direct?.is === 'result' ? [{ rule: 'a result is lost', detail }] : [];
}

const RESULT_FATE: Fate = { is: 'result', value: RESULT };

function isDocumented(of: AnswerCase, direct: Fate, through: Fate): boolean {
  return documentedDifferences.some((difference) => difference.explains(of, direct, through));
}

/** The clients show the body of an answer that they could not use, or the data of its error. */
function reasonIn({ message }: Extract<Called, { is: 'failure' }>): string | undefined {
  return /upstream-[a-z-]+/.exec(message)?.[0] ?? (/redirects/.test(message) ? 'upstream-redirect' : undefined);
}

function contentOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'content' in value ? value.content : undefined;
}
