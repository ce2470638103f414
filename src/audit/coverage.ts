/** A part of what decides about access, and a sentence about it. */
export interface Part {
  /** Stable. */
  readonly part: string;
  readonly sentence: string;
}

/** What a verification proves, and what it does not. */
export interface Coverage {
  readonly covered: readonly Part[];
  readonly notCovered: readonly Part[];
}

export interface CoverageOf {
  /** Keys and servers whose secrets were opened. */
  readonly boxes: number;
  /** Why the tables that calls are checked against were not compared; undefined: they were. */
  readonly tablesNotCompared: string | undefined;
  readonly skippedEvents: number;
  readonly foreignEvents: number;
  /** Events of streams whose beginning is given up. */
  readonly remains: number;
  readonly withCheckpoint: boolean;
}

/** Lists what a verification without a fault has covered. */
export function coverageOf(found: CoverageOf): Coverage {
  const { boxes, tablesNotCompared, skippedEvents, foreignEvents, remains, withCheckpoint } = found;
  const tables = 'api_keys, mcp_servers, approved_tools, retired_streams and unreadable_events';
  return {
    covered: [
      { part: 'events', sentence: 'each event is as MetaMCP wrote it, and no stream has a gap' },
      { part: 'stream_heads', sentence: 'each stream is as long as the read tables remember it' },
      { part: 'audit_events', sentence: 'the audit trail says what the events say' },
      ...(tablesNotCompared === undefined
        ? [{ part: 'access_tables', sentence: `${tables}, which calls are checked against, are what the events give` }]
        : []),
      { part: 'vault_keys', sentence: 'each data encryption key in use opens, and those of what was deleted are gone' },
      { part: 'system_keys', sentence: 'the installation’s own keys open' },
      { part: 'sealed_secrets', sentence: `the secrets of ${count(boxes, 'key or server', 'keys and servers')} open` },
      { part: 'visibility', sentence: 'no stream is hidden or deleted in the event store' },
      ...(withCheckpoint
        ? [{ part: 'checkpoint', sentence: 'nothing was removed or rewritten since the checkpoint' }]
        : []),
    ],
    notCovered: [
      ...(tablesNotCompared === undefined
        ? []
        : [{ part: 'access_tables', sentence: `${tables} were not compared. ${tablesNotCompared}` }]),
      ...(skippedEvents === 0
        ? []
        : [{ part: 'skipped_events', sentence: `${count(skippedEvents, 'event')} that an operator had skipped` }]),
      ...(remains === 0
        ? []
        : [
            {
              part: 'remains',
              sentence: `${count(remains, 'event')} of streams whose beginning is gone and that the read tables do not know, as after db rebuild --accept-loss`,
            },
          ]),
      ...(foreignEvents === 0
        ? []
        : [{ part: 'foreign_events', sentence: `${count(foreignEvents, 'event')} of other programs` }]),
      ...(withCheckpoint
        ? []
        : [
            {
              part: 'checkpoint',
              sentence: 'an end that was cut off the event store and the database at once: audit checkpoint finds that',
            },
          ]),
      { part: 'usage', sentence: 'the usage counters, which no event tells of' },
      { part: 'closed_sessions', sentence: 'the sessions that were closed' },
      { part: 'replaced_secrets', sentence: 'secrets that were replaced or whose command was refused' },
    ],
  };
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
}
