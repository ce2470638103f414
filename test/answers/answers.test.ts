import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomOf } from '../faults/random.ts';
import { openGateway } from '../proxy/gateway.ts';
import { caseOf, differenceOf, type CaseDifference } from './answerCase.ts';
import { startAnswerServer } from './answerServer.ts';
import { officialCase, randomCase } from './answers.ts';
import { minimise } from './minimal.ts';
import { NAMED_CASES } from './namedCases.ts';
import { OFFICIAL_CLIENTS } from './officialClients.ts';
import { runCase } from './runCase.ts';
import { runOfficially, suits } from './runOfficially.ts';
import type { World } from './world.ts';

// What a server may answer, and what a client gets of it directly, through the gateway, and with the gateway's own client.
// Longer, or again: ANSWERS_SEED=… ANSWERS_CASES=… npx vitest run test/answers/answers.test.ts
// One case, as a failure shows it: ANSWERS_CASE='{"coding":"gzip"}'

const seed = Number(process.env['ANSWERS_SEED'] ?? randomInt(1_000_000));
const cases = Number(process.env['ANSWERS_CASES'] ?? 350);
/** Calls of each official client. */
const sample = Math.ceil(cases / 15);
/** Kinds of failure that are made small and shown; the first ones tell enough. */
const SHOWN = Number(process.env['ANSWERS_SHOWN'] ?? 8);

process.stderr.write(`test/answers: ANSWERS_SEED=${seed} ANSWERS_CASES=${cases}\n`);

let world: World;
const stack = new AsyncDisposableStack();
beforeAll(async () => {
  const server = stack.use(await startAnswerServer());
  const gateway = stack.use(await openGateway({ limits: { drainMs: 0 } }));
  world = { server, gateway };
});
afterAll(() => stack.disposeAsync());

const oneCase = process.env['ANSWERS_CASE'];
const named = oneCase === undefined ? NAMED_CASES : [JSON.parse(oneCase) as CaseDifference];

describe('an answer that was once taken otherwise than it was meant', () => {
  it.each(named.map((difference) => [JSON.stringify(difference), difference] as const))('%s', async (_, difference) => {
    expect(await runCase(world, caseOf(difference))).toEqual([]);
  });
});

describe.skipIf(oneCase !== undefined)('whatever a server answers', () => {
  it(`a client gets through the gateway what it gets directly, or the documented better (seed ${seed}) [proxy-same-as-direct] [proxy-stacks-agree]`, async () => {
    const random = randomOf(seed);
    const found = new Map<string, { times: number; smallest: string }>();
    for (let number = 0; number < cases; number++) {
      const of = randomCase(random.fork(`case ${number}`));
      for (const { rule, detail } of await runCase(world, of)) {
        const kind = `${rule}: ${detail}`;
        const known = found.get(kind);
        if (known !== undefined) known.times++;
        else {
          const again = async (candidate: typeof of) =>
            (await runCase(world, candidate)).some((other) => `${other.rule}: ${other.detail}` === kind);
          const smallest = found.size < SHOWN ? await minimise(of, again) : differenceOf(of);
          found.set(kind, { times: 1, smallest: JSON.stringify(smallest) });
        }
      }
    }
    const list = [...found].map(([kind, { times, smallest }]) => `${kind} (${times} times)\n    ${smallest}`);
    expect(list, `${list.join('\n')}\nAgain: ANSWERS_SEED=${seed} ANSWERS_CASES=${cases}`).toEqual([]);
  }, 600_000);

  it.each(OFFICIAL_CLIENTS)(
    `$name calls a tool through the gateway as it does directly, and is never left waiting (seed ${seed}) [proxy-official-clients-answered]`,
    async (client) => {
      const random = randomOf(seed).fork(client.name);
      const failures: string[] = [];
      let tried = 0;
      for (let number = 0; tried < sample; number++) {
        const of = officialCase(random.fork(`case ${number}`), client);
        if (!suits(client, of)) continue;
        tried++;
        for (const { rule, detail } of await runOfficially(world, client, of)) {
          failures.push(`${rule}: ${detail}\n    ${JSON.stringify(differenceOf(of))}`);
        }
      }
      expect(failures, `${failures.join('\n')}\nAgain: ANSWERS_SEED=${seed}`).toEqual([]);
    },
    120_000,
  );
});
