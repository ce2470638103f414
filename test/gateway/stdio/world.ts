import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DEFAULT_LIMITS,
  DEFAULT_TIMEOUTS,
  type Limits,
  type OnToolChange,
  type Timeouts,
} from '../../../src/events/mcpServer.ts';
import { TEST_CONTEXT, type TestGateway } from '../../support/testGateway.ts';

export const SHARED_SERVER = join(import.meta.dirname, '../../upstream/stdio/programs/sharedServer.ts');
const ODD_SERVER = join(import.meta.dirname, '../../upstream/stdio/programs/oddServer.ts');

/** Stands in the command line of a server's processes; other tests run at the same time, and may call theirs the same. */
export function markOf(name: string): string {
  return `server=${name}-${String(process.pid)}`;
}

export interface ProgramOptions {
  readonly isolation?: 'session' | 'key' | 'shared';
  readonly args?: readonly string[];
  readonly command?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly limits?: Partial<Limits>;
  readonly timeouts?: Partial<Timeouts>;
  readonly onToolChange?: OnToolChange;
}

/** Registers a server that is a program: the one that tells who serves, unless another command is named. */
export async function addProgram(gateway: TestGateway, name: string, options: ProgramOptions = {}): Promise<void> {
  const { isolation = 'session', args = ['legacy'], command, cwd, env = {}, limits, timeouts, onToolChange } = options;
  await gateway.stores.servers.register(
    name,
    {
      settings: {
        transport: 'stdio',
        command: command ?? process.execPath,
        // The name stands in the command line, by which tests find the processes.
        args: command === undefined ? [SHARED_SERVER, ...args, markOf(name)] : [...args],
        ...(cwd !== undefined && { cwd }),
        isolation,
        ...(onToolChange !== undefined && { onToolChange }),
        limits: { ...DEFAULT_LIMITS, ...limits },
        timeouts: { ...DEFAULT_TIMEOUTS, ...timeouts },
      },
      secrets: { headers: {}, env: { ...env } },
    },
    TEST_CONTEXT,
  );
}

/** Registers a server with an oddity (test/upstream/stdio/programs/oddServer.ts). */
export async function addOdd(gateway: TestGateway, name: string, oddity: string): Promise<void> {
  await addProgram(gateway, name, { command: process.execPath, args: [ODD_SERVER, oddity, markOf(name)] });
}

/** The processes of a server that `addProgram` registered. */
export function processesOf(name: string): number[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      return readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0').includes(markOf(name)) ? [Number(entry)] : [];
    } catch {
      return [];
    }
  });
}

/** What the tool `who` answers. */
export interface Who {
  readonly pid: number;
  readonly capabilities?: unknown;
  readonly cwd: string;
  /** Characters of the variable TOKEN. */
  readonly token?: number;
  readonly variables: readonly string[];
}

interface RpcAnswer {
  readonly result?: {
    readonly content?: readonly { readonly text: string }[];
    readonly tools?: readonly unknown[];
    readonly [member: string]: unknown;
  };
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly code: string } };
}

export interface Answer {
  readonly status: number;
  readonly session: string | null;
  readonly body: RpcAnswer;
}

/** A client of one server's endpoint, with an API key. */
export class EndpointClient {
  readonly #url: string;
  readonly #apiKey: string;
  session: string | undefined;
  #id = 0;

  constructor({ url }: Pick<TestGateway, 'url'>, server: string, apiKey: string) {
    this.#url = `${url}/mcp/${server}`;
    this.#apiKey = apiKey;
  }

  async initialize(capabilities: object = {}, protocolVersion = '2025-11-25'): Promise<Answer> {
    const clientInfo = { name: 'test', version: '1' };
    const answer = await this.legacy('initialize', { protocolVersion, capabilities, clientInfo });
    this.session = answer.session ?? undefined;
    if (this.session !== undefined) await this.#post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return answer;
  }

  /** Sends a request of the legacy era. */
  legacy(method: string, params: object = {}): Promise<Answer> {
    return this.#post({ jsonrpc: '2.0', id: ++this.#id, method, params });
  }

  /** Sends a request of the modern era. */
  modern(method: string, params: object = {}): Promise<Answer> {
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    };
    const name = (params as { name?: string }).name;
    return this.#post(
      { jsonrpc: '2.0', id: ++this.#id, method, params: { ...params, _meta } },
      {
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': method,
        ...(name !== undefined && { 'mcp-name': name }),
      },
    );
  }

  /** Calls the tool that tells who serves. */
  async who(era: 'legacy' | 'modern' = 'legacy', name = 'who'): Promise<Who> {
    const { body } = await this[era]('tools/call', { name, arguments: {} });
    const text = body.result?.content?.[0]?.text;
    if (text === undefined) throw new Error(JSON.stringify(body));
    return JSON.parse(text) as Who;
  }

  /** Calls a tool, until the client leaves. */
  async call(name: string, signal: AbortSignal): Promise<string> {
    const message = { jsonrpc: '2.0', id: ++this.#id, method: 'tools/call', params: { name, arguments: {} } };
    const answer = await fetch(this.#url, {
      method: 'POST',
      headers: {
        ...this.#headers(),
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify(message),
      signal,
    });
    return answer.text();
  }

  /** Opens the stream of what the server sends outside of requests. */
  async listen(signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const answer = await fetch(this.#url, { headers: { ...this.#headers(), accept: 'text/event-stream' }, signal });
    if (answer.status !== 200 || answer.body === null) throw new Error(`status ${String(answer.status)}`);
    return answer.body;
  }

  async end(): Promise<void> {
    await (await fetch(this.#url, { method: 'DELETE', headers: this.#headers() })).body?.cancel();
  }

  #headers(): Record<string, string> {
    return {
      authorization: `Bearer ${this.#apiKey}`,
      ...(this.session !== undefined && { 'mcp-session-id': this.session, 'mcp-protocol-version': '2025-11-25' }),
    };
  }

  async #post(message: object, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await fetch(this.#url, {
      method: 'POST',
      headers: {
        ...this.#headers(),
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body: JSON.stringify(message),
    });
    const text = await answer.text();
    const data = text.startsWith('{')
      ? text
      : text
          .split('\n')
          .findLast((line) => /^data: *\{/.test(line))
          ?.slice(5);
    const body = data === undefined ? {} : (JSON.parse(data) as RpcAnswer);
    return { status: answer.status, session: answer.headers.get('mcp-session-id'), body };
  }
}
