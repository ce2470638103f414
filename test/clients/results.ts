import { z } from 'zod';

const contentSchema = z.looseObject({ type: z.string(), text: z.string().optional() });
const toolResultSchema = z.looseObject({ content: z.array(contentSchema), isError: z.boolean().optional() });
const resourceSchema = z.looseObject({ contents: z.array(z.looseObject({ text: z.string().optional() })) });
const promptSchema = z.looseObject({ messages: z.array(z.looseObject({ content: contentSchema })) });

/** Reads the texts of a tool's result. */
export function textOfResult(result: unknown): string {
  return join(toolResultSchema.parse(result).content);
}

/** Tells whether a tool's result says that the tool failed. */
export function isErrorResult(result: unknown): boolean {
  return toolResultSchema.parse(result).isError === true;
}

/** Reads the texts of a resource. */
export function textOfResource(result: unknown): string {
  return join(resourceSchema.parse(result).contents);
}

/** Reads the texts of a prompt. */
export function textOfPrompt(result: unknown): string {
  return join(promptSchema.parse(result).messages.map(({ content }) => content));
}

function join(parts: readonly { text?: string | undefined }[]): string {
  return parts.map(({ text = '' }) => text).join('\n');
}
