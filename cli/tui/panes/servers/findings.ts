import { escape } from '../../../../src/escape.ts';

/** What a test of a server has found out. */
export type Findings =
  | {
      readonly ok: true;
      readonly atMs: number;
      readonly era: string;
      readonly protocolVersion: string;
      readonly software: string;
      readonly tools: number;
      /** Names the tools that can’t be used; empty when there are none. */
      readonly leftOut: string;
      readonly connectMs: number;
      readonly latencyMs: number;
    }
  | {
      readonly ok: false;
      readonly atMs: number;
      readonly message: string;
      /** The last lines of its program, escaped. */
      readonly printed: readonly string[];
    };

/** Writes how many tools there are. */
export function toolCount(tools: number): string {
  return tools === 1 ? '1 tool' : `${tools.toLocaleString('en')} tools`;
}

/** Describes what a test has found out, on one line. */
export function describeFindings(found: Findings): string {
  if (!found.ok) return `✗ ${found.message}`;
  const { software, era, protocolVersion, tools, leftOut, connectMs, latencyMs } = found;
  const who = software === '' ? '' : `${escape(software)}, `;
  return `✓ It answers: ${who}MCP ${escape(protocolVersion)} (${era}), ${toolCount(tools)}, connected in ${connectMs} ms, latency ${latencyMs} ms.${leftOut === '' ? '' : ` Left out: ${leftOut}.`}`;
}
