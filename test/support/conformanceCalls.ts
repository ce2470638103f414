import { z } from 'zod';
import type { JsonObject } from '../../src/mcp/jsonRpc.ts';

const contextSchema = z.looseObject({
  toolCalls: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })).optional(),
});

const propertiesSchema = z.looseObject({
  properties: z.record(z.string(), z.looseObject({ type: z.string().optional() })).optional(),
});

interface ToolCall {
  readonly name: string;
  readonly arguments: JsonObject;
}

/**
 * The calls that a client under test of the conformance suite makes: those that the suite names in MCP_CONFORMANCE_CONTEXT, else one
 * of each tool.
 */
export function callsOf(
  tools: readonly { readonly name: string; readonly inputSchema: object }[],
): readonly ToolCall[] {
  const { toolCalls } = contextSchema.parse(JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}'));
  // One scenario has its echo tool called with the first tool's schema, to see what of it has come through.
  const values: JsonObject = {
    string: 'x',
    integer: 1,
    number: 1,
    boolean: true,
    array: [],
    object: tools[0]?.inputSchema,
  };
  const argumentsFor = (schema: object): JsonObject => {
    const { properties = {} } = propertiesSchema.parse(schema);
    return Object.fromEntries(Object.entries(properties).map(([name, { type }]) => [name, values[type ?? ''] ?? null]));
  };
  return toolCalls ?? tools.map(({ name, inputSchema }) => ({ name, arguments: argumentsFor(inputSchema) }));
}

/** Makes a call. The suite judges what it saw; a refused call does not keep the others from being made. */
export async function attempt<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    console.error(error);
    return undefined;
  }
}
