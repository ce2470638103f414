import { performance } from 'node:perf_hooks';
import type { JsonObject } from '../../../../src/mcp/jsonRpc.ts';
import { stringifyLossless } from '../../../../src/mcp/losslessJson.ts';
import { callTool } from '../../../../src/upstream/callTool.ts';
import type { Tool } from '../../../../src/upstream/catalogueItems.ts';
import type { Progress } from '../../../../src/upstream/progress.ts';
import type { ToolResult } from '../../../../src/upstream/toolResult.ts';
import { escape } from '../../../output/escape.ts';
import { visitServer } from '../../../upstream/serverVisit.ts';
import type { JobKind } from '../../frame/model.ts';
import { answerScreen, type Answer } from './answerScreen.ts';
import { serverToVisit } from './serverToVisit.ts';

export interface ToolCall {
  readonly server: string;
  readonly tool: Tool;
  readonly args: JsonObject;
}

/** Calls a tool, and shows its answer. */
export const CALL_TOOL: JobKind<ToolCall> = {
  async run({ stores }, { server: name, tool, args }, { signal, onProgress }) {
    const server = await serverToVisit(stores, name);
    return visitServer(server, signal, async ({ upstream }) => {
      const title = escape(tool.name);
      const began = performance.now();
      const showProgress = ({ progress, total, message }: Progress) => {
        const part = total === undefined ? String(progress) : `${progress} of ${total}`;
        onProgress(`Running ${title}: ${part}${message === undefined ? '' : ` ${escape(message)}`}`);
      };
      const result = await callTool(upstream, { name: tool.name, args }, { signal, tool, onProgress: showProgress });
      const ms = Math.round(performance.now() - began);
      const answer = answerOf(`${tool.name} of ${server.name}, in ${ms} ms`, result);
      return { ok: true, message: '', opens: answerScreen(answer) };
    });
  },
};

/** Writes a tool's answer as text. */
function answerOf(title: string, { content, structuredContent, isError = false }: ToolResult): Answer {
  const parts = content.map((part) =>
    part.type === 'text' && typeof part['text'] === 'string' ? part['text'] : stringifyLossless(shortened(part), 2),
  );
  if (structuredContent !== undefined) parts.push(`structured content:\n${stringifyLossless(structuredContent, 2)}`);
  return { title, text: parts.length === 0 ? 'The answer is empty.' : parts.join('\n'), isError };
}

/** Pictures and sounds can't be shown; their size can. */
function shortened(part: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { data } = part;
  return typeof data === 'string' ? { ...part, data: `${data.length} characters of base64` } : part;
}
