import type { Era } from '../../../src/mcp/eras.ts';
import { isJsonObject, type JsonObject } from '../../../src/mcp/jsonRpc.ts';
import { RELATED_TASK } from '../../../src/mcp/taskNames.ts';
import { errorAnswer, resultAnswer } from '../../../src/upstream/answers.ts';
import type {
  AskOptions,
  ListenOptions,
  ReplyOutcome,
  ServerFacts,
  SideMessage,
  Upstream,
  UpstreamMessage,
  UpstreamRequest,
} from '../../../src/upstream/upstream.ts';

export const APP = 'ui://app/main';
export const SKILL = 'skill://refunds/SKILL.md';
export const SHARED = 'db://rows';

const EXTENSIONS = { 'io.modelcontextprotocol/skills': {}, 'io.modelcontextprotocol/tasks': {} };
const LISTS: Readonly<Record<string, JsonObject>> = {
  'tools/list': {
    tools: ['work', 'ask', 'show'].map((name) => ({
      name,
      inputSchema: { type: 'object' },
      ...(name === 'show' && { _meta: { ui: { resourceUri: APP } } }),
    })),
  },
  'prompts/list': { prompts: [] },
  'resources/list': { resources: [APP, SKILL, SHARED].map((uri) => ({ uri, name: uri })) },
  'resources/templates/list': { resourceTemplates: [{ uriTemplate: 'ui://app/{page}', name: 'pages' }] },
  'skills/list': {
    skills: [{ uri: SKILL, frontmatter: { name: 'refunds', description: 'x' }, resources: 'dynamic' }],
  },
};

interface AlikeOptions {
  readonly name: string;
  readonly era: Era;
  /** Waits until the test lets it go on: between any two steps others may take theirs. */
  readonly turn: () => Promise<void>;
}

/**
 * A server in this process that has the same names, URIs and ids of tasks as the others of its kind, and is deaf to who asks: whoever
 * names a task gets it, and whoever listens hears of all. What it says has a mark: its own name and that of the key for which it was
 * asked, or for which the task was made.
 */
export class AlikeServer {
  readonly options: AlikeOptions;
  /** The mark of each task. */
  readonly tasks = new Map<string, string>();
  readonly #listening = new Set<() => void>();

  constructor(options: AlikeOptions) {
    this.options = options;
  }

  /** Opens a conversation for a key. */
  open(key: string): Upstream {
    return new AlikeConversation(this, `${this.options.name}/${key}`);
  }

  make(mark: string): string {
    const id = `task-${String(this.tasks.size + 1)}`;
    this.tasks.set(id, mark);
    for (const wake of this.#listening) wake();
    return id;
  }

  /** Gives the tasks that there are, and those that come. */
  async *follow(signal: AbortSignal): AsyncGenerator<readonly [string, string], void, void> {
    let next = Promise.withResolvers<undefined>();
    const wake = (): void => next.resolve(undefined);
    this.#listening.add(wake);
    signal.addEventListener('abort', wake);
    try {
      for (let at = 0; !signal.aborted;) {
        const fresh = [...this.tasks].slice(at);
        at += fresh.length;
        yield* fresh;
        await next.promise;
        next = Promise.withResolvers();
      }
    } finally {
      this.#listening.delete(wake);
    }
  }
}

class AlikeConversation implements Upstream {
  readonly server: string;
  readonly secrets: readonly string[] = [];
  readonly facts: ServerFacts;
  readonly #of: AlikeServer;
  readonly #mark: string;
  readonly #asked = new Map<unknown, (outcome: ReplyOutcome) => void>();
  #lastAsked = 0;

  constructor(of: AlikeServer, mark: string) {
    const { name, era } = of.options;
    this.server = name;
    this.#of = of;
    this.#mark = mark;
    this.facts = {
      era,
      protocolVersion: era === 'modern' ? '2026-07-28' : '2025-11-25',
      serverInfo: { name, version: '1' },
      capabilities: { tools: {}, resources: { subscribe: true }, tasks: {}, extensions: EXTENSIONS },
      instructions: undefined,
    };
  }

  async *ask(
    { method, params = {} }: UpstreamRequest,
    options?: AskOptions,
  ): AsyncGenerator<UpstreamMessage, void, void> {
    options?.signal?.throwIfAborted();
    const list = LISTS[method];
    if (list !== undefined) {
      yield resultAnswer({ resultType: 'complete', ttlMs: 3_600_000, ...list });
      return;
    }
    await this.#of.options.turn();
    const meta = isJsonObject(params['_meta']) ? params['_meta'] : {};
    if (meta['progressToken'] !== undefined) {
      const progress = { progressToken: meta['progressToken'], progress: 1, message: this.#mark };
      yield { kind: 'notification', notification: note('notifications/progress', progress) };
      await this.#of.options.turn();
    }
    if (method === 'tools/call' && params['name'] === 'ask') yield* this.#askClient();
    else yield this.#answer(method, params);
  }

  async *#askClient(): AsyncGenerator<UpstreamMessage, void, void> {
    const id = ++this.#lastAsked;
    const replied = new Promise<ReplyOutcome>((resolve) => this.#asked.set(id, resolve));
    yield {
      kind: 'request',
      request: { jsonrpc: '2.0', id, method: 'elicitation/create', params: { message: this.#mark } },
    };
    const outcome = await replied;
    const said = 'result' in outcome ? outcome.result['said'] : undefined;
    yield resultAnswer({ ...this.#content(), said });
  }

  #answer(method: string, params: JsonObject): UpstreamMessage {
    const { tasks, options } = this.#of;
    const uri = String(params['uri']);
    switch (method) {
      case 'tools/call': {
        if (params['name'] !== 'work') return resultAnswer(this.#content());
        const taskId = this.#of.make(this.#mark);
        const task = { taskId, status: 'working', statusMessage: this.#mark };
        return resultAnswer(options.era === 'modern' ? { resultType: 'task', ...task } : { task });
      }
      case 'resources/read':
        return resultAnswer({ resultType: 'complete', contents: [{ uri, text: this.#mark }] });
      case 'skills/get': {
        const skill = {
          uri,
          frontmatter: { name: 'refunds', description: this.#mark },
          resources: [{ uri, digest: 'd' }],
        };
        return resultAnswer({ resultType: 'complete', skill });
      }
      case 'resources/subscribe':
        return resultAnswer({});
    }
    const mark = tasks.get(String(params['taskId']));
    if (mark === undefined) return errorAnswer(-32_602, `no ${String(params['taskId'])}`);
    if (method === 'tasks/result') {
      const related = { [RELATED_TASK]: { taskId: params['taskId'] } };
      return resultAnswer({ content: [{ type: 'text', text: mark }], _meta: related });
    }
    return resultAnswer({ resultType: 'complete', taskId: params['taskId'], status: 'working', statusMessage: mark });
  }

  #content(): JsonObject {
    return {
      resultType: 'complete',
      content: [
        { type: 'text', text: this.#mark },
        { type: 'resource_link', uri: APP, name: this.#mark },
      ],
    };
  }

  /** It tells everybody everything, whatever they asked for. */
  async *listen({ signal, filter }: ListenOptions): AsyncGenerator<SideMessage, void, void> {
    const { era, name, turn } = this.#of.options;
    const method = era === 'modern' ? 'notifications/tasks' : 'notifications/tasks/status';
    for (const uri of [APP, SKILL, SHARED]) {
      yield {
        kind: 'notification',
        notification: note('notifications/resources/updated', { uri, mark: name, asked: filter }),
      };
    }
    for await (const [taskId, statusMessage] of this.#of.follow(signal)) {
      await turn();
      if (signal.aborted) return;
      yield { kind: 'notification', notification: note(method, { taskId, status: 'working', statusMessage }) };
    }
  }

  tell(): Promise<void> {
    return Promise.resolve();
  }

  reply(id: string | number, outcome: ReplyOutcome): Promise<void> {
    this.#asked.get(id)?.(outcome);
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

function note(method: string, params: JsonObject): { jsonrpc: '2.0'; method: string; params: JsonObject } {
  return { jsonrpc: '2.0', method, params };
}
