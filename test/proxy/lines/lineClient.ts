import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { until } from '../client.ts';

/** A message that came as a line. */
export interface Line {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: Record<string, unknown> };
}

export interface LineClientOptions {
  /** Of the request. (Default: none) */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Reads what comes. (Default: true) */
  readonly read?: boolean;
}

/** A client that sends and reads lines in one HTTP exchange. */
export class LineClient implements AsyncDisposable {
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
  /** All that was read, without blank lines. */
  readonly lines: Line[] = [];
  text = '';
  isOver = false;
  /** The response has ended as HTTP says that it should. */
  get isComplete(): boolean {
    return this.response.complete;
  }

  private constructor(req: ClientRequest, response: IncomingMessage, read: boolean) {
    this.request = req;
    this.response = response;
    req.on('error', () => undefined);
    response.on('error', () => undefined);
    response.on('close', () => (this.isOver = true));
    if (read) this.read();
  }

  /** Opens an exchange, and settles as soon as its head is there. */
  static open(gateway: { readonly url: string }, options: LineClientOptions = {}): Promise<LineClient> {
    const { query = '', headers, read = true } = options;
    return new Promise((resolve, reject) => {
      const req = request(`${gateway.url}/api/v1/mcp/stream${query}`, {
        method: 'POST',
        agent: false,
        headers: { authorization: 'Bearer good', 'content-type': 'application/x-ndjson', ...headers },
      });
      req.once('error', reject);
      req.once('response', (response) => resolve(new LineClient(req, response, read)));
      req.flushHeaders();
    });
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  /** Begins to read what comes. */
  read(): void {
    let rest = '';
    this.response.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk;
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') this.lines.push(JSON.parse(line) as Line);
    });
  }

  send(...messages: readonly object[]): void {
    this.request.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
  }

  /** Sends a request, and gives its answer. */
  async ask(id: unknown, method: string, params?: object): Promise<Line> {
    this.send({ jsonrpc: '2.0', id, method, ...(params && { params }) });
    return this.answerTo(id);
  }

  answerTo(id: unknown): Promise<Line> {
    return this.find((line) => line.id === id && line.method === undefined, `the answer to ${String(id)}`);
  }

  /** Waits for the first line of a kind. */
  async find(isIt: (line: Line) => boolean, what: string): Promise<Line> {
    await until(() => this.lines.some(isIt), `${what}; there is: ${this.text}`);
    return this.lines.find(isIt)!;
  }

  of(method: string): Promise<Line> {
    return this.find((line) => line.method === method, method);
  }

  async over(): Promise<void> {
    await until(() => this.isOver, 'the end of the response');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.request.destroy();
    await this.over();
  }
}

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** The params of a modern request. */
export function modernParams(params: object = {}, meta: object = {}): object {
  return { ...params, _meta: { ...META, ...meta } };
}

/** Begins a session. */
export async function begin(
  client: LineClient,
  { protocolVersion = '2025-11-25', capabilities = {} }: { protocolVersion?: string; capabilities?: object } = {},
): Promise<Line> {
  const clientInfo = { name: 'test client', version: '2' };
  const answer = await client.ask('init', 'initialize', { protocolVersion, capabilities, clientInfo });
  client.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  return answer;
}
