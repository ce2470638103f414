import { isoTime, steadyClock, systemClock } from '../clock.ts';
import type { EventStore } from '../events/eventStore.ts';
import type { Database } from '../postgres/database.ts';
import type { ProjectionRunner } from '../projections/runner.ts';
import type { Vault } from '../vault/vault.ts';
import { createAuditCheckpointSigner, type AuditCheckpoint, type AuditCheckpointSigner } from './auditCheckpoint.ts';
import { verifyHistory, type Verification, type VerifyOptions } from './verify.ts';

/** Proves the history. All methods throw Unavailable when a store can't be reached. docs/architecture.md, Tamper evidence. */
export interface Audit {
  /** Checks the whole history. */
  verify(options?: VerifyOptions): Promise<Verification>;
  /** Checks the whole history and signs the heads of all streams; no audit checkpoint of a history with a fault. */
  checkpoint(options?: Pick<VerifyOptions, 'onProgress' | 'signal'>): Promise<{
    readonly verification: Verification;
    readonly checkpoint: AuditCheckpoint | undefined;
  }>;
  /** Reads an audit checkpoint of this installation. @throws Invalid `checkpoint-unreadable`, `checkpoint-foreign`, `checkpoint-damaged` */
  readCheckpoint(text: string): Promise<AuditCheckpoint>;
}

export interface AuditOptions {
  readonly events: EventStore;
  readonly db: Database;
  readonly vault: Pick<Vault, 'checkRow' | 'findSystemKey' | 'openWith' | 'systemKey'>;
  /** The key of the hash chain: 32 bytes. */
  readonly chainKey: Buffer;
  readonly projections: ProjectionRunner;
}

/** Makes the audit. */
export function createAudit(options: AuditOptions): Audit {
  const { vault } = options;
  const parts = { ...options, clock: steadyClock };

  async function signer(): Promise<AuditCheckpointSigner> {
    return createAuditCheckpointSigner(await vault.systemKey('audit-checkpoint'));
  }

  return {
    verify: async (options) => (await verifyHistory(parts, options)).verification,
    async checkpoint(options) {
      const { verification, streams } = await verifyHistory(parts, options);
      if (verification.fault !== undefined) return { verification, checkpoint: undefined };
      const { store, position, events } = verification;
      const heads = [...streams.entries()].map(([stream, row]) => {
        const { revision, hash } = streams.end(row);
        return { stream, revision, hash };
      });
      heads.sort((a, b) => (a.stream < b.stream ? -1 : 1));
      const checkpoint = (await signer()).sign({
        version: 1,
        store,
        created_at: isoTime(systemClock()),
        ...(position === undefined ? {} : { position: String(position) }),
        events,
        heads,
      });
      return { verification, checkpoint };
    },
    readCheckpoint: async (text) => (await signer()).read(text),
  };
}
