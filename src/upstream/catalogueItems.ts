import { z } from 'zod';
import { isJsonObject, type JsonObject } from '../mcp/jsonRpc.ts';
import { listOf } from './listOf.ts';

const objectSchema = z.custom<JsonObject>(isJsonObject, 'must be an object');

/** Checks only what we use, and passes the value on as the server sent it: zod's copy would reorder its fields. */
function asSent<S extends z.ZodType>(schema: S): z.ZodType<z.infer<S>> {
  return z.custom<z.infer<S>>((value) => schema.safeParse(value).success);
}

export const toolSchema = asSent(z.looseObject({ name: z.string().min(1), inputSchema: objectSchema }));
export const resourceSchema = asSent(z.looseObject({ name: z.string(), uri: z.string().min(1) }));
export const resourceTemplateSchema = asSent(z.looseObject({ name: z.string(), uriTemplate: z.string().min(1) }));
export const promptSchema = asSent(z.looseObject({ name: z.string().min(1) }));

export type Tool = z.infer<typeof toolSchema>;
export type Resource = z.infer<typeof resourceSchema>;
export type ResourceTemplate = z.infer<typeof resourceTemplateSchema>;
export type Prompt = z.infer<typeof promptSchema>;

function isContent(value: unknown): value is JsonObject & { readonly type: string } {
  return isJsonObject(value) && typeof value['type'] === 'string';
}

/** What a tool answers. `isError` is the tool's own failure, not the protocol's. */
export const toolResultSchema = z.looseObject({
  // Absent in the results of servers from before 2024-11-05.
  content: listOf(isContent).default([]),
  isError: z.boolean().optional(),
  structuredContent: z.unknown().optional(),
});
export type ToolResult = z.infer<typeof toolResultSchema>;
