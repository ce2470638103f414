import { z } from 'zod';

export const listedTools = z.strictObject({
  tools: z.array(
    z.strictObject({
      server: z.string(),
      exposed_name: z.string().meta({ description: 'By which clients of /mcp know it.' }),
      tool: z.looseObject({ name: z.string() }).meta({ description: 'As the server describes it.' }),
    }),
  ),
  left_out: z
    .array(z.strictObject({ server: z.string(), name: z.string().optional(), reason: z.string() }))
    .meta({ description: 'Tools that can’t be used: the first 20 of each server.' }),
  unanswered: z
    .array(z.strictObject({ server: z.string(), code: z.string(), message: z.string() }))
    .meta({ description: 'Servers whose tools are not in the list.' }),
});

export const toolResult = z
  .looseObject({
    content: z.array(z.looseObject({ type: z.string() })),
    isError: z.boolean().optional().meta({ description: 'The tool says that it failed.' }),
  })
  .meta({ description: 'As the server gave it (MCP, CallToolResult).' });
