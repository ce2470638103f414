import { createInvalidationsByHand } from '../live/invalidationsByHand.ts';
import type { CallLimits } from '../../src/calls/callLimits.ts';
import { createCallRegister } from '../../src/calls/callRegister.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { callOf, MemoryKeys, MemoryServers } from './memory.ts';

export const SERVER_URL = 'http://127.0.0.1:1/mcp';

/** A register over keys and servers in memory, with time in the test's hand. */
export function setUp(limits: Partial<CallLimits> = {}) {
  const [keys, servers] = [new MemoryKeys(), new MemoryServers()];
  const time = { nowMs: 1_000 };
  let wake: () => void = () => undefined;
  const errors: unknown[] = [];
  const logger = createLogger('silent');
  logger.error = (error: unknown) => errors.push(error);
  const clock = () => time.nowMs;
  const register = createCallRegister({
    invalidations: createInvalidationsByHand().invalidations,
    keys,
    servers,
    clock,
    steadyClock: clock,
    logger,
    limits: { sweepMs: 1, drainMs: 1_000, ...limits },
    startTimer(_delayMs, callback) {
      wake = callback;
      return () => undefined;
    },
  });
  const key = keys.add('k');
  const github = servers.set('github', SERVER_URL);
  const openAll = (...calls: ReturnType<typeof callOf>[]) => calls.map(({ call }) => register.open(call));
  return { register, keys, servers, key, github, time, errors, openAll, wake: () => wake() };
}

/** The code with which something is refused. */
export const codeOf = (action: () => unknown): string | undefined => {
  try {
    action();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};
