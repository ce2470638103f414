import { afterAll } from 'vitest';
import { upstreamContract } from '../../contract/upstream.ts';
import { stdioWorld } from './stdioWorld.ts';

for (const era of ['modern', 'legacy'] as const) {
  const world = stdioWorld(era);
  afterAll(() => world[Symbol.asyncDispose]());
  upstreamContract(`a ${era} server that is a program`, world);
}
