import { randomBytes } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import type { Era } from '../../../src/mcp/eras.ts';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import { createTaskIds } from '../../../src/proxy/tasks/taskIds.ts';
import type { SubscriptionFilter } from '../../../src/upstream/upstream.ts';
import { ListMerger } from '../../../src/upstream/aggregate/mergedList.ts';
import { createRememberedLists } from '../../../src/upstream/aggregate/rememberedLists.ts';
import { AlikeClient, type ClientMessage } from './alikeClient.ts';
import { AlikeServer, APP, SHARED } from './alikeServer.ts';
import { aggregateOf, homeOf, TestMembers } from './aggregateOf.ts';

// More of them by hand: ALIKE_RUNS=10000 npx vitest run test/upstream/aggregate/alike
const RUNS = Number(process.env['ALIKE_RUNS'] ?? 1_500);
/** What the runs may take together: a slow machine tries fewer of them. */
const TIME_LIMIT_MS = 5 * RUNS;

const KEYS = ['mine', 'other'] as const;
const SERVERS = ['a', 'b'] as const;
const OF_TASK = {
  legacy: ['tasks/get', 'tasks/result', 'tasks/cancel'],
  modern: ['tasks/get', 'tasks/update', 'tasks/cancel'],
};

const ERAS = fc.constantFrom<Era>('legacy', 'modern');
const STEPS = fc.array(
  fc.record({
    key: fc.constantFrom(...KEYS),
    server: fc.constantFrom(...SERVERS),
    kind: fc.constantFrom('work', 'show', 'ask', 'read', 'skill', 'shared', 'task', 'foreign', 'guess', 'listen'),
    pick: fc.nat(1_000),
  }),
  { minLength: 3, maxLength: 10 },
);
type Step = (typeof STEPS extends fc.Arbitrary<infer T> ? T : never)[number];

/** A task as a client knows it, and the mark of whose it is. */
interface HeldTask {
  readonly key: string;
  readonly taskId: string;
  readonly mark: string;
}

/** What a client has got without asking for it, and the tasks that it watches. */
interface Heard {
  readonly client: AlikeClient;
  readonly message: ClientMessage;
  readonly watched: readonly string[];
  /** Whose tasks they are. */
  readonly server: string;
}

// What servers of each era offer is the same in all runs, and is remembered from one to the next.
const MEMORY = { lists: createRememberedLists({ clock: () => performance.now() }), merger: new ListMerger() };
const TASK_IDS = createTaskIds(randomBytes(32));

class World implements AsyncDisposable {
  readonly held: HeldTask[] = [];
  readonly heard: Heard[] = [];
  readonly #era: Era;
  readonly #clients = new Map<string, AlikeClient>();
  readonly #ending = new AbortController();
  readonly #opened = new AsyncDisposableStack();
  readonly #listening: Promise<void>[] = [];

  constructor(era: Era, turn: () => Promise<void>) {
    this.#era = era;
    const servers = SERVERS.map((name) => new AlikeServer({ name, era, turn }));
    for (const key of KEYS) {
      const members = new TestMembers(era);
      for (const server of servers) {
        const { name } = server.options;
        members.set(name, () => Promise.resolve(server.open(key)), { place: `${homeOf(name)}.${era}` });
      }
      const aggregate = this.#opened.use(aggregateOf(members, MEMORY));
      // Each run has keys of its own: ids that another run has sealed are no ids of theirs.
      this.#clients.set(key, new AlikeClient(`${key} ${String(++lastKey)}`, era, aggregate, TASK_IDS));
    }
  }

  async take(step: Step): Promise<void> {
    const { key, server, kind, pick } = step;
    const client = this.#client(key);
    const mark = `${server}/${key}`;
    switch (kind) {
      case 'work':
        await this.#make(client, key, server);
        return;
      case 'show': {
        const token = `token-${String(pick)}`;
        const messages = await client.ask('tools/call', { name: `${server}__show`, _meta: { progressToken: token } });
        expect(messages).toMatchObject([
          { params: { progressToken: token, message: mark } },
          { result: contentOf(server, mark) },
        ]);
        return;
      }
      case 'ask': {
        const messages = await client.ask('tools/call', { name: `${server}__ask` }, ({ params }) => {
          expect(params).toMatchObject({ message: mark });
          return { said: `${mark} ${String(pick)}` };
        });
        expect(messages.at(-1)).toMatchObject({
          result: { ...contentOf(server, mark), said: `${mark} ${String(pick)}` },
        });
        return;
      }
      case 'read': {
        const uri = `ui://${server}/app/main`;
        const [answer] = await client.ask('resources/read', { uri });
        expect(answer).toMatchObject({ result: { contents: [{ uri, text: mark }] } });
        return;
      }
      case 'skill': {
        const uri = `skill://${server}/refunds/SKILL.md`;
        const [answer] = await client.ask('skills/get', { uri });
        expect(answer).toMatchObject({
          result: { skill: { uri, frontmatter: { description: mark }, resources: [{ uri }] } },
        });
        return;
      }
      case 'shared': {
        const [answer] = await client.ask('resources/read', { uri: SHARED });
        expect(answer).toMatchObject({ result: { contents: [{ uri: SHARED, text: `a/${key}` }] } });
        return;
      }
      case 'task':
        await this.#askAbout(
          client,
          this.#pick(pick, (task) => task.key === key),
          pick,
        );
        return;
      case 'foreign': {
        const { taskId } = this.#pick(pick, (task) => task.key !== key);
        await this.#expectUnknown(client, taskId, pick);
        return;
      }
      case 'guess': {
        const [mine, own] = [this.#pick(pick, (task) => task.key === key).taskId, `task-${String(1 + (pick % 5))}`];
        const guesses = [own, `${homeOf(server)}.${this.#era}__${own}`, mine.slice(1), `${mine}A`, ''];
        await this.#expectUnknown(client, String(guesses[pick % guesses.length]), pick);
        return;
      }
      case 'listen':
        this.#listen(client, key, server);
    }
  }

  /** Begins with a task of each key at each server. */
  async begin(): Promise<void> {
    for (const key of KEYS) for (const server of SERVERS) await this.#make(this.#client(key), key, server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#listening);
    await this.#opened.disposeAsync();
  }

  async #make(client: AlikeClient, key: string, server: string): Promise<void> {
    const answer = (await client.ask('tools/call', { name: `${server}__work`, task: {} })).at(-1);
    const task = (this.#era === 'modern' ? answer?.result : answer?.result?.['task']) as JsonObject;
    const mark = `${server}/${key}`;
    expect(task['statusMessage']).toBe(mark);
    expect(task['taskId']).not.toContain('task-');
    this.held.push({ key, taskId: String(task['taskId']), mark });
  }

  async #askAbout(client: AlikeClient, { taskId, mark }: HeldTask, pick: number): Promise<void> {
    const method = String(OF_TASK[this.#era][pick % 3]);
    const [answer] = await client.ask(method, { taskId });
    const expected =
      method === 'tasks/result'
        ? { content: [{ text: mark }], _meta: { 'io.modelcontextprotocol/related-task': { taskId } } }
        : { taskId, statusMessage: mark };
    expect(answer).toMatchObject({ result: expected });
  }

  async #expectUnknown(client: AlikeClient, taskId: string, pick: number): Promise<void> {
    const method = String(OF_TASK[this.#era][pick % 3]);
    expect(await client.ask(method, { taskId })).toMatchObject([{ error: { code: -32_602 } }]);
  }

  #listen(client: AlikeClient, key: string, server: string): void {
    const taskIds = this.held
      .filter((task) => task.key === key && task.mark.startsWith(server))
      .map(({ taskId }) => taskId);
    const uris = [`ui://${server}/app/main`, SHARED];
    const filter = { taskIds, resourceSubscriptions: uris };
    this.#listening.push(
      client.listen(filter, this.#ending.signal, (message) => {
        this.heard.push({ client, message, watched: taskIds, server });
      }),
    );
  }

  #pick(pick: number, isOne: (task: HeldTask) => boolean): HeldTask {
    const some = this.held.filter(isOne);
    const one = some[pick % some.length];
    if (one === undefined) throw new Error('each key has tasks');
    return one;
  }

  #client(key: string): AlikeClient {
    const client = this.#clients.get(key);
    if (client === undefined) throw new Error('no such key');
    return client;
  }
}

let lastKey = 0;

const contentOf = (server: string, mark: string): JsonObject => ({
  content: [{ text: mark }, { uri: `ui://${server}/app/main`, name: mark }],
});

test.prop([ERAS, STEPS, fc.scheduler()], {
  numRuns: RUNS,
  interruptAfterTimeLimit: TIME_LIMIT_MS,
  // One that hangs has failed.
  timeout: 60_000,
  markInterruptAsFailure: false,
})(
  'nothing of one server, or of one key, is taken for another’s, whatever comes when [aggregate-uris] [aggregate-tasks] [mcp-task-bound-to-key]',
  async (era, steps, scheduler) => {
    let isScheduled = false;
    const turn = async (): Promise<void> => {
      if (isScheduled) await scheduler.schedule(Promise.resolve());
    };
    await using world = new World(era, turn);
    await world.begin();
    isScheduled = true;
    const taken = steps.map(async (step) => {
      await turn();
      await world.take(step);
    });
    await scheduler.waitFor(Promise.all(taken));
    isScheduled = false;
    await scheduler.waitIdle();
    for (const heard of world.heard) expectOwn(world, era, heard);
  },
  TIME_LIMIT_MS + 30_000,
);

/** What a client hears is of its own tasks, under its own ids, and of a resource under the URI that leads to its server. */
function expectOwn(world: World, era: Era, { client, message, watched, server }: Heard): void {
  const { method = '', params = {} } = message;
  if (method.startsWith('notifications/tasks')) {
    const task = world.held.find(({ taskId }) => taskId === params['taskId']);
    expect(task).toMatchObject({ key: client.key.split(' ')[0], mark: params['statusMessage'] });
    return;
  }
  if (method === 'notifications/subscriptions/acknowledged') {
    expect(params).toMatchObject({ notifications: { taskIds: watched } });
    return;
  }
  expect(method).toBe('notifications/resources/updated');
  const { uri, mark, asked } = params;
  if (era === 'modern') {
    const { taskIds, resourceSubscriptions } = asked as SubscriptionFilter & { taskIds: readonly string[] };
    expect(taskIds).toHaveLength(mark === server ? watched.length : 0);
    expect(resourceSubscriptions).toEqual([...(mark === server ? [APP] : []), ...(mark === 'a' ? [SHARED] : [])]);
  }
  if (uri !== SHARED)
    expect([`ui://${String(mark)}/app/main`, `skill://${String(mark)}/refunds/SKILL.md`]).toContain(uri);
  // A modern client watches it, and it is that of the first server.
  else if (era === 'modern') expect(mark).toBe('a');
}
