import type { RunningCall } from '../../src/calls/runningCall.ts';
import { MemoryKeys } from '../calls/memory.ts';

/** A call of one request, at no server, which a limit is taken for. */
export const LIMITED_CALL: RunningCall = {
  principal: new MemoryKeys().add('good'),
  server: undefined,
  tools: [],
  onlyTools: true,
  standing: false,
  requests: 1,
  cut: () => undefined,
};
