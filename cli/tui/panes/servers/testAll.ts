import { serverPages } from '../../../stores/pages.ts';
import type { JobKind } from '../../frame/model.ts';
import { slotOf, withSlot } from '../../frame/state.ts';
import type { Findings } from './findings.ts';
import { SERVERS } from './state.ts';
import { findOut } from './testServer.ts';

/** Servers that are tested at the same time: each may be a program that starts. */
const AT_ONCE = 8;

/** Tests all servers that are enabled. One that fails is a finding. */
export const TEST_ALL: JobKind<undefined, ReadonlyMap<string, Findings>> = {
  async run(tools, _input, { signal, onProgress }) {
    const names: string[] = [];
    for await (const page of serverPages(tools.stores.db)) {
      names.push(...page.filter(({ status }) => status === 'enabled').map(({ name }) => name));
    }
    const findings = new Map<string, Findings>();
    const waiting = [...names];
    const underWay = new Set<string>();
    const progress = (found?: ReadonlyMap<string, Findings>) => {
      const last = waiting.length === 0 && underWay.size > 0 ? `, waiting for ${[...underWay].join(', ')}` : '';
      onProgress(`Testing all servers: ${findings.size} of ${names.length}${last}`, found);
    };
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let server = waiting.shift(); server !== undefined && !signal.aborted; server = waiting.shift()) {
          underWay.add(server);
          // The last to begin may be the only one left, and nothing else would name it.
          if (waiting.length === 0) progress();
          const outcome = await findOut(tools, { server }, { signal });
          underWay.delete(server);
          // A test that was cancelled has found out nothing about its server.
          if (signal.aborted || !outcome.ok || outcome.result === undefined) continue;
          findings.set(server, outcome.result);
          // A server that is slow keeps nobody from what the others have answered.
          progress(new Map([[server, outcome.result]]));
        }
      }),
    );
    signal.throwIfAborted();
    const failed = [...findings].flatMap(([name, { ok }]) => (ok ? [] : [name]));
    const all = names.length === 1 ? 'The one server' : `All ${names.length} servers`;
    const message =
      names.length === 0
        ? 'There are no servers that are enabled.'
        : failed.length === 0
          ? `${all} answered.`
          : `${failed.length} of ${names.length} servers did not answer: ${failed.join(', ')}.`;
    return { ok: true, message, ...(failed.length > 0 && { warning: message }), result: findings };
  },
  take(state, _input, outcome) {
    const found = outcome.ok ? outcome.result : undefined;
    if (found === undefined) return state;
    const { findings } = slotOf(state, SERVERS);
    return withSlot(state, SERVERS, { findings: new Map([...findings, ...found]) });
  },
};
