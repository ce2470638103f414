/** A JSON-RPC message from a client. */
export interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: Readonly<Record<string, unknown>>;
    readonly _meta?: { readonly progressToken?: unknown };
    readonly requestId?: unknown;
    readonly protocolVersion?: string;
  };
}

/** Sends a message; a promise settles when more may be sent. */
export type Send = (message: object) => void | Promise<void>;

const TOOLS = ['steps', 'wait', 'flood', 'fail', 'late-failure', 'large', 'crash', 'task', 'cancelled'];

/** A legacy server whose tools report progress; what carries its messages is up to others. */
export class ProgressTools {
  /** The requests under way that wait for ever. */
  readonly waiting = new Set<unknown>();
  cancelled = 0;
  /** Breaks all connections, or ends the process. */
  crash: () => void = () => process.exit(3);
  /** Steps of the tool `flood` that were sent. */
  flooded = 0;

  take({ id, method, params = {} }: Message, send: Send): void {
    const answer = (result: object): void => void send({ jsonrpc: '2.0', id, result });
    if (method === 'initialize') {
      answer({
        protocolVersion: '2025-11-25',
        capabilities: { tools: {}, logging: {} },
        serverInfo: { name: 'progress', version: '1' },
      });
    } else if (method === 'ping') answer({});
    else if (method === 'tools/list')
      answer({ tools: TOOLS.map((name) => ({ name, inputSchema: { type: 'object' } })) });
    else if (method === 'notifications/cancelled') this.cancel(params.requestId);
    else if (method === 'tools/call') this.#call(id, params, send);
    else if (id !== undefined) void send({ jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } });
  }

  cancel(id: unknown): void {
    if (this.waiting.delete(id)) this.cancelled += 1;
  }

  #call(id: Message['id'], { name, arguments: args = {}, _meta }: NonNullable<Message['params']>, send: Send): void {
    const progress = (step: number, rest: object = {}): void | Promise<void> => {
      const params = { progressToken: _meta?.progressToken, progress: step, ...rest };
      return send({ jsonrpc: '2.0', method: 'notifications/progress', params });
    };
    const text = (value: unknown, rest: object = {}): void =>
      void send({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: String(value) }], ...rest } });
    const fail = (): void => void send({ jsonrpc: '2.0', id, error: { code: -32_000, message: 'it broke' } });
    switch (name) {
      case 'steps':
        void progress(1, { total: 2, message: 'one' });
        void send({
          jsonrpc: '2.0',
          method: 'notifications/message',
          params: { level: 'info', logger: 'steps', data: { half: true } },
        });
        void progress(2, { total: 2 });
        text('done', args['isError'] === true ? { isError: true } : {});
        break;
      case 'wait':
        this.waiting.add(id);
        if (args['silently'] !== true) void progress(1);
        break;
      case 'flood':
        void (async () => {
          for (let n = 1; n <= Number(args['count']); n++) {
            this.flooded = n;
            await progress(n, { message: 'x'.repeat(20_000) });
          }
          text('flooded');
        })();
        break;
      case 'fail':
        fail();
        break;
      case 'late-failure':
        void progress(1);
        fail();
        break;
      case 'crash':
        void progress(1);
        this.crash();
        break;
      case 'large':
        text(JSON.stringify(args).length);
        break;
      case 'task':
        void send({
          jsonrpc: '2.0',
          id,
          result: { task: { taskId: '1', status: 'working', createdAt: '', ttl: null } },
        });
        break;
      case 'cancelled':
        text(JSON.stringify({ cancelled: this.cancelled, waiting: this.waiting.size }));
        break;
      default:
        void send({ jsonrpc: '2.0', id, error: { code: -32_602, message: `Unknown tool: ${String(name)}` } });
    }
  }
}
