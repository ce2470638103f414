import { z } from 'zod';

// A server built on tmcp, which speaks both eras.

/** What we use of the packages. They have no types here: whoever has not installed them compiles this file, too. */
interface Tmcp {
  readonly McpServer: new (
    about: { name: string; version: string; description: string },
    options: { adapter: { toJsonSchema(schema: z.ZodType): Promise<object> }; capabilities: object },
  ) => {
    tool<Schema extends z.ZodType>(
      definition: { name: string; description: string; schema: Schema },
      run: (args: z.infer<Schema>) => object,
    ): void;
  };
}
interface TmcpStdio {
  readonly StdioTransport: new (server: InstanceType<Tmcp['McpServer']>) => { listen(): void };
}

const [tmcp, transport] = ['tmcp', '@tmcp/transport-stdio'];
const { McpServer } = (await import(tmcp)) as Tmcp;
const { StdioTransport } = (await import(transport)) as TmcpStdio;

const server = new McpServer(
  { name: 'tmcp', version: '1.20.0', description: 'Greets' },
  { adapter: { toJsonSchema: async (schema) => z.toJSONSchema(schema) }, capabilities: { tools: {} } },
);
server.tool({ name: 'greet', description: 'Greets somebody', schema: z.object({ name: z.string() }) }, ({ name }) => ({
  content: [{ type: 'text', text: `Hello, ${name}!` }],
}));
new StdioTransport(server).listen();
