import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AnswerLogs, type LoggedEvent } from '../../src/proxy/answerLog.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const nothing = (): void => undefined;

function world() {
  const logs = new AnswerLogs();
  const log = logs.open(true);
  const abandoned = vi.fn();
  log.onAbandoned = abandoned;
  return { logs, log, abandoned };
}

async function textsOf(events: AsyncIterable<LoggedEvent> | undefined): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of events ?? []) texts.push(String(text));
  return texts;
}

test('An answer that another connection follows is not given up when the one before it ends later [mcp-resume-last-event-id]', () => {
  const { log, abandoned } = world();
  log.add('a');
  log.follow(0, new AbortController().signal, nothing);
  expect(log.wait()).toBe(true);
  vi.advanceTimersByTime(3_600_000);
  expect(abandoned).not.toHaveBeenCalled();
});

test('A connection that follows is ended by the next one, and its end gives nothing up [mcp-resume-last-event-id]', () => {
  const { log, abandoned } = world();
  const [first, second] = [new AbortController(), new AbortController()];
  const onTakenOver = vi.fn();
  log.follow(0, first.signal, onTakenOver);
  log.follow(0, second.signal, nothing);
  expect(onTakenOver).toHaveBeenCalledOnce();
  log.wait(first.signal);
  vi.advanceTimersByTime(3_600_000);
  expect(abandoned).not.toHaveBeenCalled();
  log.wait(second.signal);
  vi.advanceTimersByTime(3_600_000);
  expect(abandoned).toHaveBeenCalledOnce();
});

test('A response longer than what is kept of an answer is there when the client comes back [mcp-resume-last-event-id]', async () => {
  const { log } = world();
  log.add('progress');
  log.wait();
  const response = 'x'.repeat(3_000_000);
  log.add(response);
  log.end();
  expect(await textsOf(log.follow(1, new AbortController().signal, nothing))).toEqual([response]);
});

test('Long responses that wait take a bounded part of memory in each session', () => {
  const { logs } = world();
  for (let answers = 0; answers < 16; answers++) logs.open(true).add('x'.repeat(4_000_000));
  expect(logs.bytes).toBeLessThanOrEqual(16 * 1024 * 1024);
});

test('A client that is too slow to get all events is not given the rest as if it were all [mcp-resume-last-event-id]', async () => {
  const { log } = world();
  log.add('first');
  const following = log.follow(0, new AbortController().signal, nothing);
  expect((await following?.next())?.value).toMatchObject({ text: 'first' });
  for (let events = 0; events < 3; events++) log.add('x'.repeat(600_000));
  log.end();
  await expect(textsOf(following)).rejects.toMatchObject({ code: 'upstream-truncated' });
});
