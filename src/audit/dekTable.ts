import type { KnownEvent } from '../events/knownEvent.ts';
import { Records } from './records.ts';

/** The state of a data encryption key, as the history gives it. */
export type DekState =
  /** What it sealed is in use. */
  | 'used'
  /** What it sealed was replaced, and what it sealed is only history. */
  | 'replaced'
  /** It was destroyed. */
  | 'shredded';

export interface Dek {
  readonly id: string;
  readonly state: DekState;
  /** The revision of the event that brought it into this state. */
  readonly revision: number;
}

const STATES: readonly DekState[] = ['used', 'replaced', 'shredded'];

// UUID, revision, the number of the stream's next record + 1, state.
const REVISION = 16;
const NEXT = 20;
const STATE = 24;
const SIZE = 25;

/** Every data encryption key that the history names, by the row of its stream, in 25 bytes each. */
export class DekTable {
  readonly #deks = new Records(SIZE);
  /** By row: the number of the stream's newest record + 1; 0: none. */
  readonly #newest = new Records(4);

  /** Follows what an event does to its stream's keys. @param repaired the row of the stream that a repair is about */
  follow(row: number, revision: number, event: KnownEvent, repaired?: number): void {
    while (this.#newest.length <= row) this.#newest.add();
    switch (event.type) {
      case 'ApiKeyCreated':
      case 'McpServerRegistered':
      case 'McpServerUpdated': {
        const used = event.data.sealed?.dek;
        for (const [at, dek] of this.#of(row))
          if (dek.state === 'used' && dek.id !== used) this.#set(at, 'replaced', revision);
        if (used !== undefined) this.#put(row, used, 'used', revision);
        return;
      }
      case 'ApiKeyDeleted':
        this.#put(row, event.data.dek, 'shredded', revision);
        return;
      case 'McpServerDeleted':
        for (const dek of event.data.deks) this.#put(row, dek, 'shredded', revision);
        return;
      case 'StreamRetired':
        for (const dek of event.data.deks) {
          // A fault of the destruction is one of the repair; the repaired stream needs the key no longer.
          this.#put(row, dek, 'shredded', revision);
          if (repaired !== undefined) this.#leave(repaired, dek);
        }
        return;
      case 'ApiKeyInactivated':
      case 'ApiKeyActivated':
      case 'ApiKeyAccessChanged':
      case 'ApiKeyLabelled':
      case 'ApiKeyRotated':
      case 'ApiKeyCredentialSet':
      case 'ApiKeyCredentialRemoved':
      case 'KeyRoleCreated':
      case 'KeyRoleChanged':
      case 'KeyRoleDeleted':
      case 'McpServerDisabled':
      case 'McpServerEnabled':
      case 'McpServerCatalogueChanged':
      case 'McpServerToolsApproved':
      case 'EventSkipped':
      case 'LossAccepted':
      case 'StreamReinstated':
    }
  }

  /** Lists a stream's keys. */
  of(row: number): Dek[] {
    return [...this.#of(row)].map(([, dek]) => dek);
  }

  *#of(row: number): Generator<readonly [at: number, dek: Dek]> {
    let next = row < this.#newest.length ? this.#newest.at(row).readInt32LE(0) : 0;
    while (next !== 0) {
      const bytes = this.#deks.at(next - 1);
      const state = STATES[bytes[STATE] ?? 0] ?? 'used';
      yield [next - 1, { id: uuidOf(bytes), state, revision: bytes.readInt32LE(REVISION) }];
      next = bytes.readInt32LE(NEXT);
    }
  }

  #leave(row: number, id: string): void {
    for (const [at, dek] of this.#of(row))
      if (dek.id === id && dek.state === 'used') this.#set(at, 'replaced', dek.revision);
  }

  #put(row: number, id: string, state: DekState, revision: number): void {
    for (const [at, dek] of this.#of(row)) {
      if (dek.id !== id) continue;
      // Shredded is for ever, and who keeps using a key has done so since its first event.
      if (dek.state !== 'shredded' && dek.state !== state) this.#set(at, state, revision);
      return;
    }
    const at = this.#deks.add();
    const bytes = this.#deks.at(at);
    bytes.write(id.replaceAll('-', ''), 0, 'hex');
    const newest = this.#newest.at(row);
    bytes.writeInt32LE(newest.readInt32LE(0), NEXT);
    newest.writeInt32LE(at + 1, 0);
    this.#set(at, state, revision);
  }

  #set(at: number, state: DekState, revision: number): void {
    const bytes = this.#deks.at(at);
    bytes[STATE] = STATES.indexOf(state);
    bytes.writeInt32LE(revision, REVISION);
  }
}

function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex', 0, REVISION);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
