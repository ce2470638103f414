import { escape } from '../../escape.ts';
import type { Findings } from '../state/findings.ts';

/** Says what a test has found out, on one line. */
export function describeFindings(found: Findings): string {
  if (!found.ok) return `✗ ${found.says}`;
  const { software, era, protocolVersion, tools, leftOut, connectMs, latencyMs } = found;
  const who = software === '' ? '' : `${escape(software)}, `;
  return `✓ It answers: ${who}MCP ${escape(protocolVersion)} (${era}), ${tools} tools, connected in ${connectMs} ms, latency ${latencyMs} ms.${leftOut === '' ? '' : ` Left out: ${leftOut}.`}`;
}
