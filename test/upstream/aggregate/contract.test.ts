import type { Era } from '../../../src/mcp/eras.ts';
import { upstreamContract } from '../../contract/upstream.ts';
import type { UpstreamWorld } from '../../contract/upstreamWorld.ts';
import { httpWorld } from '../support/httpWorld.ts';
import { aggregateOf, openedBefore, TestMembers } from './aggregateOf.ts';

/** Aggregates of one server, whose names pass as they are. */
function aggregateWorld(era: Era): UpstreamWorld {
  const world = httpWorld(era);
  return {
    era,
    async open(behaviour, options) {
      const under = await world.open(behaviour, options);
      const members = new TestMembers(era);
      members.set('github', openedBefore(under.upstream), { prefix: '' });
      const upstream = aggregateOf(members);
      await upstream.introduce();
      return {
        upstream,
        received: under.received,
        cancelled: under.cancelled,
        listeners: under.listeners,
        async [Symbol.asyncDispose]() {
          await upstream[Symbol.asyncDispose]();
          await under[Symbol.asyncDispose]();
        },
      };
    },
  };
}

upstreamContract('an aggregate of one modern server', aggregateWorld('modern'));
upstreamContract('an aggregate of one legacy server', aggregateWorld('legacy'));
