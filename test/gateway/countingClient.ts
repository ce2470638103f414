import type { TestGateway } from '../support/testGateway.ts';

/** The ways to a server. */
export const FACES = ['/mcp/<server>', '/mcp', 'REST', 'REST, line by line'] as const;
export type Face = (typeof FACES)[number];

/** Bytes that a client has sent and got. */
export interface Carried {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly text: string;
}

/** A client of one server, by one of the ways to it, which notes what it sends and gets. */
export class CountingClient {
  readonly #url: string;
  readonly #server: string;
  readonly #face: Face;
  readonly #apiKey: string;
  #session: string | undefined;
  #id = 0;

  constructor({ url }: Pick<TestGateway, 'url'>, server: string, face: Face, apiKey: string) {
    this.#url = url;
    this.#server = server;
    this.#face = face;
    this.#apiKey = apiKey;
  }

  async begin(): Promise<this> {
    if (this.#face.startsWith('REST')) return this;
    const clientInfo = { name: 'test', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    await this.#post('initialize', params);
    return this;
  }

  /** Calls a tool. */
  call(tool: string, args: object = {}, signal?: AbortSignal): Promise<Carried> {
    if (this.#face.startsWith('REST')) {
      const path = `/api/v1/mcp/servers/${this.#server}/tools/${tool}/execute`;
      return this.#send(path, { arguments: args }, signal);
    }
    const name = this.#face === '/mcp' ? `${this.#server}__${tool}` : tool;
    const _meta = { progressToken: 1 };
    return this.#post('tools/call', { name, arguments: args, _meta }, signal);
  }

  /** Ends the session, and what is under way in it: a client that only leaves may come back for its answers. */
  async end(): Promise<void> {
    if (this.#session === undefined) return;
    const headers = { authorization: `Bearer ${this.#apiKey}`, 'mcp-session-id': this.#session };
    await fetch(`${this.#url}${this.#path}`, { method: 'DELETE', headers });
  }

  get #path(): string {
    return this.#face === '/mcp' ? '/mcp' : `/mcp/${this.#server}`;
  }

  #post(method: string, params: object, signal?: AbortSignal): Promise<Carried> {
    return this.#send(this.#path, { jsonrpc: '2.0', id: ++this.#id, method, params }, signal);
  }

  async #send(path: string, message: object, signal?: AbortSignal): Promise<Carried> {
    const body = JSON.stringify(message);
    const answer = await fetch(this.#url + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.#apiKey}`,
        accept:
          this.#face === 'REST, line by line'
            ? 'application/x-ndjson'
            : this.#face === 'REST'
              ? 'application/json'
              : 'application/json, text/event-stream',
        'content-type': 'application/json',
        ...(this.#session !== undefined && {
          'mcp-session-id': this.#session,
          'mcp-protocol-version': '2025-11-25',
        }),
      },
      body,
      ...(signal !== undefined && { signal }),
    });
    this.#session ??= answer.headers.get('mcp-session-id') ?? undefined;
    const text = await answer.text();
    return { bytesIn: Buffer.byteLength(body), bytesOut: Buffer.byteLength(text), text };
  }
}
