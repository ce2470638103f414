import { AppError } from '../../../src/errors/appError.ts';
import { liveServerOf } from '../../../src/live/liveServers.ts';
import type { McpServerRow } from '../../../src/projections/tables/mcpServers.ts';
import { FAULT_MEANS } from '../../../src/projections/tables/streamFault.ts';
import type { Vault } from '../../../src/vault/vault.ts';
import { openServerSecrets } from '../../stores/serverSecrets.ts';
import { serverPages } from '../../stores/pages.ts';
import { greetServer } from '../../upstream/serverProbe.ts';
import type { Check, Finding } from '../check.ts';

/** How long a server may take, in milliseconds. */
const PATIENCE_MS = 5_000;
/** All of them together have less than a check has: then those that are left are not asked. */
const ALL_MS = 15_000;
/** Servers that are asked at the same time: each may be a program that starts. */
const AT_ONCE = 8;

/** Each server that is enabled answers. */
export const servers: Check = async ({ needStores, needVault }) => {
  const { db } = await needStores();
  const rows: McpServerRow[] = [];
  for await (const page of serverPages(db)) rows.push(...page.filter(({ status }) => status === 'enabled'));
  if (rows.length === 0) return [{ state: 'ok', detail: 'There is none that is enabled' }];
  const vault = await needVault();
  const waiting = [...rows];
  const findings = new Map<string, Finding>();
  const all = AbortSignal.timeout(ALL_MS);
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let row = waiting.shift(); row !== undefined && !all.aborted; row = waiting.shift()) {
        findings.set(row.name, await findOut(vault, row, all));
      }
    }),
  );
  const asked = rows.flatMap(({ name }) => findings.get(name) ?? []);
  const left = rows.length - asked.length;
  if (left > 0)
    asked.push({ state: 'unknown', detail: `${left} more were not asked: the others took ${ALL_MS / 1_000} s.` });
  return asked;
};

async function findOut(vault: Vault, row: McpServerRow, signal: AbortSignal): Promise<Finding> {
  const { name } = row;
  if (row.fault !== null)
    return {
      state: 'problem',
      about: name,
      detail: `It can’t be used: ${FAULT_MEANS[row.fault]}.`,
      remedy: 'metamcp-cli db status',
    };
  try {
    const server = liveServerOf(row, await openServerSecrets(vault, row));
    const { connectMs } = await greetServer(server, { timeoutMs: PATIENCE_MS, signal });
    return { state: 'ok', about: name, detail: `answers (${connectMs} ms)` };
  } catch (error) {
    const detail = error instanceof AppError ? error.message : 'It did not answer.';
    return { state: 'problem', about: name, detail, remedy: `metamcp-cli servers test ${name}` };
  }
}
