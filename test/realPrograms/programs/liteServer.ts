import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { z } from 'zod';

// A server built on mcp-lite, which speaks the legacy era only, over HTTP, and asks its user in the middle of a call.

interface Context {
  elicit(question: { message: string; schema: object }): Promise<{ action: string; content?: { name: string } }>;
  progress?(step: { progress: number; total: number }): Promise<void> | void;
}

/** What we use of the package. It has no types here: whoever has not installed it compiles this file, too. */
interface McpLite {
  readonly McpServer: new (options: { name: string; version: string; schemaAdapter: (schema: unknown) => object }) => {
    tool(
      name: string,
      definition: {
        description: string;
        inputSchema: z.ZodType;
        handler(args: unknown, context: Context): Promise<object>;
      },
    ): void;
  };
  readonly StreamableHttpTransport: new (options: { sessionAdapter: object; clientRequestAdapter: object }) => {
    bind(server: InstanceType<McpLite['McpServer']>): (request: Request) => Promise<Response>;
  };
  readonly InMemorySessionAdapter: new (options: { maxEventBufferSize: number }) => object;
  readonly InMemoryClientRequestAdapter: new () => object;
}

const text = (value: string) => ({ content: [{ type: 'text', text: value }] });

/** Starts it on a free port of the loopback interface. */
export async function startLiteServer(): Promise<AsyncDisposable & { readonly url: string }> {
  const name = 'mcp-lite';
  const lite = (await import(name)) as McpLite;
  const mcp = new lite.McpServer({
    name: 'lite',
    version: '1.0.0',
    schemaAdapter: (schema) => z.toJSONSchema(schema as z.ZodType),
  });
  mcp.tool('greet', {
    description: 'Greets whoever the user says, in two steps',
    inputSchema: z.object({}),
    async handler(_args, context) {
      await context.progress?.({ progress: 1, total: 2 });
      const { action, content } = await context.elicit({
        message: 'Who is to be greeted?',
        schema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
      });
      return text(action === 'accept' ? `Hello, ${content?.name ?? ''}!` : `Nobody: ${action}`);
    },
  });
  mcp.tool('echo', {
    description: 'Gives back a text',
    inputSchema: z.object({ value: z.string() }),
    handler: (args) => Promise.resolve(text((args as { value: string }).value)),
  });
  const handle = new lite.StreamableHttpTransport({
    sessionAdapter: new lite.InMemorySessionAdapter({ maxEventBufferSize: 100 }),
    clientRequestAdapter: new lite.InMemoryClientRequestAdapter(),
  }).bind(mcp);
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const body = ['GET', 'DELETE'].includes(incoming.method ?? '')
        ? null
        : Buffer.concat(await Array.fromAsync(incoming));
      const { method = 'GET', headers, url = '/' } = incoming;
      const request = new Request(new URL(url, `http://${headers.host}`), {
        method,
        headers: Object.entries(headers).map(([key, value]): [string, string] => [key, String(value)]),
        body,
      });
      const answer = await handle(request);
      outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
      outgoing.flushHeaders();
      if (answer.body === null) outgoing.end();
      else
        Readable.fromWeb(answer.body)
          .on('error', () => outgoing.destroy())
          .pipe(outgoing);
    })().catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    // A TCP server's address is an object.
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/mcp`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
