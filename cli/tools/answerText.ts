import { parseLossless, stringifyLossless } from '../../src/mcp/losslessJson.ts';
import type { Progress } from '../../src/upstream/progress.ts';
import type { ToolResult } from '../../src/upstream/toolResult.ts';

/** Writes a tool's answer as text, to be escaped. @param show writes each text of it (Default: as it is) */
export function answerText({ content, structuredContent }: ToolResult, show: (text: string) => string = same): string {
  const parts = content.map((part) =>
    part.type === 'text' && typeof part['text'] === 'string'
      ? show(part['text'])
      : stringifyLossless(shortened(part), 2),
  );
  if (structuredContent !== undefined && !repeats(content, structuredContent))
    parts.push(`structured content:\n${stringifyLossless(structuredContent, 2)}`);
  return parts.length === 0 ? 'The answer is empty.' : parts.join('\n');
}

const same = (text: string): string => text;

/** Longer texts are left as they are: to read them as JSON takes its time. */
const MAX_INDENTED = 1_000_000;

/** Indents what is JSON: many tools answer with all of it in one line, which nobody can read. */
export function indented(text: string): string {
  if (text.length > MAX_INDENTED || !/^\s*[[{]/.test(text)) return text;
  try {
    return stringifyLossless(parseLossless(text), 2);
  } catch {
    return text;
  }
}

/** A tool with structured content says the same as text, for older clients (MCP 2025-11-25, server/tools, Structured Content). */
function repeats(content: ToolResult['content'], structured: unknown): boolean {
  const written = stringifyLossless(structured);
  return content.some((part) => {
    if (part.type !== 'text' || typeof part['text'] !== 'string') return false;
    try {
      return stringifyLossless(parseLossless(part['text'])) === written;
    } catch {
      return false;
    }
  });
}

/** Writes how far a call has come, to be escaped. */
export function progressText({ progress, total, message }: Progress): string {
  const part = total === undefined ? String(progress) : `${progress} of ${total}`;
  return message === undefined ? part : `${part} ${message}`;
}

/** Pictures and sounds can't be shown; their size can. */
function shortened(part: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { data } = part;
  return typeof data === 'string' ? { ...part, data: `${data.length} characters of base64` } : part;
}
