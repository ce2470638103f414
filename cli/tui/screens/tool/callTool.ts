import { performance } from 'node:perf_hooks';
import type { JsonObject } from '../../../../src/mcp/jsonRpc.ts';
import { callTool } from '../../../../src/upstream/callTool.ts';
import { stringifyLossless } from '../../../../src/mcp/losslessJson.ts';
import type { Tool } from '../../../../src/mcp/catalogueItems.ts';
import type { Progress } from '../../../../src/upstream/progress.ts';
import { escape } from '../../../../src/escape.ts';
import type { JobKind } from '../../frame/model.ts';
import { answerText, indented, progressText } from '../../../tools/answerText.ts';
import { answerScreen } from './answerScreen.ts';
import { serverToVisit } from './serverToVisit.ts';

export interface ToolCall {
  readonly server: string;
  readonly tool: Tool;
  readonly args: JsonObject;
}

/** Calls a tool, and shows its answer. */
export const CALL_TOOL: JobKind<ToolCall> = {
  commands: (call) => [callCommand(call)],
  async run({ stores }, { server: name, tool, args }, { signal, onProgress }) {
    const server = await serverToVisit(stores, name);
    const { visitServer } = await import('../../../upstream/serverVisit.ts');
    return visitServer(server, { signal }, async ({ upstream }) => {
      const title = escape(tool.name);
      const began = performance.now();
      const showProgress = (progress: Progress) => {
        onProgress(`Running ${title}: ${escape(progressText(progress))}`);
      };
      const result = await callTool(upstream, { name: tool.name, args }, { signal, tool, onProgress: showProgress });
      const ms = Math.round(performance.now() - began);
      const { isError = false } = result;
      const answer = {
        title: `${tool.name} of ${server.name}, in ${ms} ms`,
        text: answerText(result, indented),
        isError,
        command: callCommand({ server: server.name, tool, args }),
      };
      return { ok: true, message: '', opens: answerScreen(answer) };
    });
  },
};

/** The command that makes the same call: texts and numbers as they are, all else as JSON. */
function callCommand({ server, tool, args }: ToolCall): readonly string[] {
  const words = Object.entries(args).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : stringifyLossless(value)}`,
  );
  return ['tools', 'call', server, tool.name, ...words];
}
