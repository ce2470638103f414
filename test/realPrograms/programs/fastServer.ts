import { z } from 'zod';

// A server built on FastMCP, which speaks the legacy era only.

interface Context {
  readonly log: { info(message: string): void };
  reportProgress(step: { progress: number; total: number }): Promise<void>;
}

/** What we use of the package. It has no types here: whoever has not installed it compiles this file, too. */
interface FastMcp {
  readonly FastMCP: new (about: { name: string; version: string }) => {
    addTool<Schema extends z.ZodType>(tool: {
      name: string;
      description: string;
      parameters: Schema;
      execute(args: z.infer<Schema>, context: Context): Promise<string>;
    }): void;
    start(options: { transportType: 'stdio' }): Promise<void>;
  };
}

const name = 'fastmcp';
const { FastMCP } = (await import(name)) as FastMcp;

const server = new FastMCP({ name: 'fast', version: '1.0.0' });
server.addTool({
  name: 'echo',
  description: 'Gives back a text, tells how far it is, and logs',
  parameters: z.object({ value: z.string() }),
  async execute({ value }, { log, reportProgress }) {
    await reportProgress({ progress: 1, total: 2 });
    log.info(`echoing ${value}`);
    await reportProgress({ progress: 2, total: 2 });
    return value;
  },
});
await server.start({ transportType: 'stdio' });
