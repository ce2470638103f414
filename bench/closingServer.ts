import { randomOf } from '../test/faults/random.ts';
import {
  afterAnswer,
  afterRequests,
  atRandom,
  openClosingServer,
  resetAfterAnswer,
  whenIdle,
  type Closing,
} from '../test/proxy/closingServer.ts';
import { answerUsage } from './measuredProcess.ts';

// MCP servers that close connections unannounced, each in its own way.

const random = randomOf(Number(process.env['SEED'] ?? 1));
const ways: Record<string, Closing> = {
  'at-once': afterAnswer(() => 0),
  'within-3-ms': afterAnswer(() => random.below(4)),
  'reset-within-3-ms': resetAfterAnswer(() => random.below(4)),
  'idle-1-s': whenIdle(1_000),
  'idle-2-s': whenIdle(2_000),
  'after-20-requests': afterRequests(20),
  'one-in-50-at-random': atRandom(random, 0.02),
};
const servers = await Promise.all(
  Object.entries(ways).map(async ([name, closing]) => [name, await openClosingServer(closing)] as const),
);

answerUsage({ urls: Object.fromEntries(servers.map(([name, { url }]) => [name, url])) }, async () => {
  await Promise.all(servers.map(([, server]) => server[Symbol.asyncDispose]()));
});
