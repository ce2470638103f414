import type { FaultyEntry } from './foreignServer.ts';

/** Why an entry is no server; within this folder alone. */
export class Faulty extends Error {
  override readonly name = 'Faulty';
  readonly entry: Pick<FaultyEntry, 'kind' | 'code' | 'reason'>;

  constructor(kind: FaultyEntry['kind'], code: string, reason: string) {
    super(reason);
    this.entry = { kind, code, reason };
  }
}

/** Refuses an entry for a member that is not what it should be. */
export function invalidEntry(reason: string): Faulty {
  return new Faulty('refuse', 'entry-invalid', reason);
}
