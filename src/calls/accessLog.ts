import { isoTime, type Clock } from '../clock.ts';
import type { LogDestination } from '../logging/logDestination.ts';
import type { Logger } from '../logging/logger.ts';
import { redacted } from '../logging/redaction.ts';
import type { CallObserver } from './callEvent.ts';

export interface AccessLogOptions {
  /** Says whether lines of level `info` are wanted. */
  readonly logger: Pick<Logger, 'isLevelEnabled'>;
  readonly to: LogDestination;
  readonly clock: Clock;
}

/** A longer name of a tool or method is what a client has made up. */
const MAX_NAME_CHARACTERS = 128;

/**
 * Makes the log of calls: one line for each that has ended. It is on the path of every call, and written by hand: pino takes 2 µs for
 * such a line, this 0.3.
 */
export function createAccessLog({ logger, to, clock }: AccessLogOptions): CallObserver {
  return (event) => {
    if (!logger.isLevelEnabled('info')) return;
    const {
      requestId,
      protocol,
      traceId,
      keyId,
      keyName,
      server,
      method,
      tool,
      standing,
      outcome,
      status,
      durationMs,
      bytesIn,
      bytesOut,
    } = event;
    // Ids, servers and outcomes are ours, without a character that JSON would write otherwise.
    const line =
      `{"level":30,"time":"${isoTime(clock())}"` +
      (requestId === undefined ? '' : `,"requestId":"${requestId}"`) +
      (protocol === undefined ? '' : `,"protocol":"${protocol}"`) +
      `${traceId === undefined ? '' : `,"traceId":"${traceId}"`},"keyId":"${keyId}"` +
      `${text('key', keyName)},"server":"${server}"${text('method', method)}${text('tool', tool)}` +
      `${standing ? ',"stream":true' : ''},"outcome":"${outcome}","status":${status}` +
      `,"durationMs":${durationMs},"bytesIn":${bytesIn},"bytesOut":${bytesOut},"msg":"call"}\n`;
    to.write(line);
  };
}

function text(member: string, value: string | undefined): string {
  if (value === undefined) return '';
  return `,"${member}":${JSON.stringify(redacted(value.slice(0, MAX_NAME_CHARACTERS)))}`;
}
