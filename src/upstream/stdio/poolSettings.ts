import { DEFAULT_SLOT_LIMITS } from './programSlots.ts';
import type { ProcessPoolOptions } from './processPool.ts';
import { DEFAULT_STDIO_SETTINGS } from './stdioSettings.ts';

/** How long a program of a server waits for its next use, in milliseconds, unless the settings say otherwise. */
const IDLE_STOP_MS = 10 * 60_000;

/** What an operator may set. */
export interface OperatorSettings {
  readonly idleStopMs?: number | undefined;
  readonly maxPrograms?: number | undefined;
  readonly maxProgramsPerServer?: number | undefined;
  readonly maxProgramsPerKey?: number | undefined;
}

/** The settings of the pool, with the defaults of what an operator leaves out. */
export function poolSettings(stdio: OperatorSettings): Pick<ProcessPoolOptions, 'settings' | 'limits'> {
  return {
    settings: { ...DEFAULT_STDIO_SETTINGS, idleStopMs: stdio.idleStopMs ?? IDLE_STOP_MS },
    limits: {
      all: stdio.maxPrograms ?? DEFAULT_SLOT_LIMITS.all,
      server: stdio.maxProgramsPerServer ?? DEFAULT_SLOT_LIMITS.server,
      key: stdio.maxProgramsPerKey ?? DEFAULT_SLOT_LIMITS.key,
    },
  };
}
