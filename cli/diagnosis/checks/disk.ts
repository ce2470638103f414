import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { fromSystem } from '../../../src/errors/systemError.ts';
import type { Check } from '../check.ts';

const MIB = 1_048_576;
/** PostgreSQL stops when it can't write its log; a busy installation writes some MiB an hour. */
const SCARCE_BYTES = 1_024 * MIB;
const FULL_BYTES = 100 * MIB;

/** There is room where the state folder is. */
export const disk: Check = async ({ configuration: { settings } }) => {
  const { home } = settings;
  if (!existsSync(home)) return [];
  const { bavail, blocks, bsize } = await statfs(home).catch((error: unknown) => {
    throw fromSystem(error);
  });
  const free = bavail * bsize;
  const share = blocks === 0 ? 0 : Math.round((100 * bavail) / blocks);
  const detail = `${Math.round(free / MIB).toLocaleString('en')} MiB are free in ${home} (${share} %)`;
  if (free > SCARCE_BYTES) return [{ state: 'ok', detail }];
  const state = free > FULL_BYTES ? 'warning' : 'problem';
  return [{ state, detail: `${detail}.`, remedy: 'Make room, or move the state folder: docs/operating.md, Back up' }];
};
