import { Unavailable } from '../../errors/appError.ts';
import { excerpt } from '../../mcp/excerpt.ts';
import type { ServerLabel } from '../../mcp/failures.ts';
import type { ProgramExit } from './program.ts';

/** The program of a server has ended, and what was under way with it. @param line that it has printed, which tells why */
export function processEnded(
  { server, secrets }: ServerLabel,
  { code, signal }: ProgramExit,
  line: string | undefined,
): Unavailable {
  const how = signal === null ? `with exit code ${String(code)}` : `by ${signal}`;
  const shown = line === undefined ? '' : `: ${excerpt(line, secrets).replace(/\.$/, '')}`;
  return new Unavailable('upstream-process-ended', `The program of the server "${server}" ended ${how}${shown}.`, {
    data: { server, exitCode: code, signal, processed: 'unknown' },
  });
}

/** A program does not read what it is sent. */
export function notReading({ server }: Pick<ServerLabel, 'server'>): Unavailable {
  const message = `The program of the server "${server}" does not read what it is sent. Restart it, or call it less often at once.`;
  return new Unavailable('upstream-not-reading', message, { data: { server, processed: false } });
}
