import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { Invalid } from '../errors/appError.ts';
import { canonicalJson } from '../events/canonicalJson.ts';

const headSchema = z.strictObject({ stream: z.string().min(1), revision: z.int().min(0), hash: z.string().min(1) });

/** A signed statement of the heads of all streams. To be kept in a place that no writer of the stores can change. */
export const auditCheckpointSchema = z.strictObject({
  /** Of this format. */
  version: z.literal(1),
  /** The identity of the event store; positions mean something in it alone. */
  store: z.uuid(),
  created_at: z.iso.datetime(),
  /** Of the last event; absent for an empty history. */
  position: z
    .string()
    .regex(/^\d{1,20}$/)
    .optional(),
  events: z.int().min(0),
  /** By name. */
  heads: z.array(headSchema),
  /** Ed25519, 32 bytes as base64url (RFC 8037, 2). */
  public_key: z.string().length(43),
  /** Ed25519 over the RFC 8785 canonical JSON of all the rest, base64url. */
  signature: z.string().length(86),
});
export type AuditCheckpoint = z.infer<typeof auditCheckpointSchema>;

/** Signs audit checkpoints, and recognises its own. */
export interface AuditCheckpointSigner {
  /** Names the key in a sentence. */
  readonly keyId: string;
  sign(summary: Omit<AuditCheckpoint, 'public_key' | 'signature'>): AuditCheckpoint;
  /**
   * Reads an audit checkpoint that this installation has signed.
   * @throws Invalid `checkpoint-unreadable`, `checkpoint-foreign`, `checkpoint-damaged`
   */
  read(text: string): AuditCheckpoint;
}

/** What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410, 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Makes the signer of a seed of 32 bytes. */
export function createAuditCheckpointSigner(seed: Buffer): AuditCheckpointSigner {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key);
  const text = publicText(publicKey);
  const keyId = keyIdOf(text);
  return {
    keyId,
    sign(summary) {
      const signed = { ...summary, public_key: text };
      return {
        ...signed,
        signature: sign(null, Buffer.from(canonicalJson(signed), 'utf8'), key).toString('base64url'),
      };
    },
    read(file) {
      const { signature, ...signed } = parse(file);
      if (signed.public_key !== text) throw foreign(keyIdOf(signed.public_key), keyId);
      const bytes = Buffer.from(canonicalJson(signed), 'utf8');
      if (!verify(null, bytes, publicKey, Buffer.from(signature, 'base64url'))) throw damaged();
      return { ...signed, signature };
    },
  };
}

function parse(text: string): AuditCheckpoint {
  try {
    return auditCheckpointSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Invalid(
      'checkpoint-unreadable',
      'This is not a checkpoint, or it is damaged: audit checkpoint writes one.',
      {
        cause,
      },
    );
  }
}

function publicText(key: KeyObject): string {
  return String(key.export({ format: 'jwk' }).x);
}

function keyIdOf(publicKey: string): string {
  return createHash('sha256').update(publicKey, 'utf8').digest('hex').slice(0, 16);
}

function foreign(signingKey: string, ownKey: string): Invalid {
  return new Invalid(
    'checkpoint-foreign',
    `The checkpoint was signed with the key ${signingKey}; this installation’s is ${ownKey}. It is of another installation, or one of the two lost its vault_keys.`,
    { data: { key: signingKey, own_key: ownKey } },
  );
}

function damaged(): Invalid {
  return new Invalid(
    'checkpoint-damaged',
    'The checkpoint was changed after it was signed: its signature does not fit.',
  );
}
