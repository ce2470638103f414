import { performance } from 'node:perf_hooks';
import { AppError } from '../../../src/errors/appError.ts';
import { stringifyLossless } from '../../../src/mcp/losslessJson.ts';
import { callTool } from '../../../src/upstream/callTool.ts';
import { listPrompts, listResources, listResourceTemplates, listTools } from '../../../src/upstream/catalogue.ts';
import { wordsOfRejections, type Rejections } from '../../../src/upstream/rejections.ts';
import type { ToolResult } from '../../../src/upstream/toolResult.ts';
import { UpstreamError } from '../../../src/upstream/upstreamError.ts';
import { describeError, formatError } from '../../errorReport.ts';
import { escape } from '../../escape.ts';
import { probeServer, softwareOf } from '../../serverProbe.ts';
import { visitServer } from '../../serverVisit.ts';
import type { Outcome } from '../state/action.ts';
import type { Job } from '../state/effect.ts';
import type { Answer } from '../state/findings.ts';
import { runCommand } from './runCommand.ts';
import type { Tools } from './tools.ts';
import { serverToVisit } from './upstream.ts';

/** Does a piece of work. What went wrong is an outcome like any other; never rejects. */
export async function runJob(
  tools: Tools,
  job: Job,
  signal: AbortSignal,
  tell: (says: string) => void,
): Promise<Outcome> {
  if (job.effect === 'run') return runCommand(tools, job.command);
  try {
    return await ask(tools, job, signal, tell);
  } catch (error) {
    const says =
      error instanceof UpstreamError || error instanceof AppError ? error.message : formatError(describeError(error));
    if (job.effect !== 'test') return { ok: false, says: escape(says) };
    const found = { ok: false as const, atMs: Date.now(), says: escape(says) };
    return {
      ok: true,
      says: `${job.server ?? 'The server'}: ✗ ${escape(says)}`,
      findings: { server: job.draft ? undefined : job.server, found },
    };
  }
}

type Question = Exclude<Job, { readonly effect: 'run' }>;

async function ask(
  { stores }: Tools,
  job: Question,
  signal: AbortSignal,
  tell: (says: string) => void,
): Promise<Outcome> {
  const server = await serverToVisit(stores, job.server, job.effect === 'test' ? job.draft : undefined);
  if (job.effect === 'test') {
    const { era, protocolVersion, tools, connectMs, latencyMs, ...facts } = await probeServer(server, { signal });
    const software = softwareOf(facts);
    const leftOut = leftOutWords([facts.leftOut]);
    const found = {
      ok: true as const,
      atMs: Date.now(),
      era,
      protocolVersion,
      software,
      tools,
      leftOut,
      connectMs,
      latencyMs,
    };
    return {
      ok: true,
      says: `${server.name} answers: ${tools} tools, latency ${latencyMs} ms.${leftOut === '' ? '' : ` Left out: ${leftOut}.`}`,
      // What a draft has shown says nothing about what is stored.
      findings: { server: job.draft === undefined ? job.server : undefined, found },
    };
  }
  return visitServer(server, signal, async ({ upstream }) => {
    switch (job.effect) {
      case 'browse': {
        const [tools, resources, templates, prompts] = await Promise.all([
          listTools(upstream, { signal }),
          listResources(upstream, { signal }),
          listResourceTemplates(upstream, { signal }),
          listPrompts(upstream, { signal }),
        ]);
        const catalogue = {
          tools: tools.items,
          resources: resources.items,
          templates: templates.items,
          prompts: prompts.items,
        };
        const unusable = leftOutWords([tools, resources, templates, prompts].map(({ leftOut }) => leftOut));
        return { ok: true, says: unusable === '' ? '' : `Left out: ${unusable}.`, catalogue };
      }
      case 'callTool': {
        const name = escape(job.tool.name);
        const began = performance.now();
        const result = await callTool(
          upstream,
          { name: job.tool.name, args: job.args },
          {
            signal,
            tool: job.tool,
            onProgress: ({ progress, total, message }) =>
              tell(
                `Running ${name}: ${total === undefined ? progress : `${progress} of ${total}`}${message === undefined ? '' : ` ${escape(message)}`}`,
              ),
          },
        );
        const ms = Math.round(performance.now() - began);
        return { ok: true, says: '', answer: answerOf(`${job.tool.name} of ${server.name}, in ${ms} ms`, result) };
      }
    }
  });
}

/** Names what can’t be used of some lists; empty for nothing. */
function leftOutWords(lists: readonly (Rejections | undefined)[]): string {
  return lists.flatMap((leftOut) => (leftOut === undefined ? [] : [escape(wordsOfRejections(leftOut))])).join(', ');
}

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
