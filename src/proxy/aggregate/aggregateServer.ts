import { MAX_DURATION_MS } from '../../events/duration.ts';
import { DEFAULT_LIMITS } from '../../events/mcpServer.ts';
import type { LiveServer } from '../../live/liveServer.ts';

/** The aggregate, as a server: calls have one. Time-outs and limits are those of its servers, each for what it is asked. */
export const AGGREGATE_SERVER: LiveServer = Object.freeze({
  name: 'mcp',
  id: 'mcp',
  enabled: true,
  transport: 'http',
  url: undefined,
  headers: {},
  timeouts: { connectMs: MAX_DURATION_MS, idleMs: MAX_DURATION_MS, totalMs: MAX_DURATION_MS },
  limits: DEFAULT_LIMITS,
  revision: 0,
});
