import { randomUUID } from 'node:crypto';
import { apiKey, existingKey, type ApiKeyCommand, type ApiKeyState, type Credential } from '../commands/apiKey.ts';
import type { CommandHandler } from '../commands/handle.ts';
import { Invalid, NotFound } from '../errors/appError.ts';
import { apiKeyEvents } from '../events/apiKey.ts';
import { apiKeyStream } from '../events/streamName.ts';
import { canonicalJson } from '../events/canonicalJson.ts';
import type { CommandContext } from '../events/metadata.ts';
import { addressDigest } from '../events/serverAddress.ts';
import type { Queryable } from '../postgres/database.ts';
import { findServer, type McpServerRow } from '../projections/tables/mcpServers.ts';
import { boundCredential, openIfReadable, type CredentialTarget } from '../vault/keyCredentials.ts';
import type { ServerSecrets } from '../vault/serverSecrets.ts';
import type { ChangeOptions } from './changeOptions.ts';
import { checkSecrets, checkSize } from './checkSecrets.ts';
import type { CommandResult, Enforcement } from './enforcement.ts';
import type { AdministrationVault } from './keyIssuer.ts';
import { keptSecrets } from './keptSecrets.ts';
import { requireServer } from './requireServer.ts';
import type { Retirement } from './retirement.ts';
import type { ServerRevision } from './serverInput.ts';

/** Bytes of JSON. All credentials of a key are in memory with it. */
const MAX_BYTES = 32_768;

const NONE: ServerSecrets = { headers: {}, env: {} };

/** What a key has of its own for a server now, by name. */
export interface CredentialResult extends CommandResult {
  readonly headers: readonly string[];
  readonly env: readonly string[];
}

/** What becomes of a credential. */
type Revise = (current: ServerSecrets) => Pick<ServerRevision, 'secrets' | 'newValues'>;

/** What servers get for one key alone: headers and variables over their own. */
export interface CredentialAdministration {
  /**
   * Gives a key what `revise` makes of its present credential for a server; nothing left: it has none of its own. One that can't
   * be read can be replaced and taken out, and one for a server that is gone taken out.
   * @throws NotFound `key-not-found`, `server-not-found`; Refused `key-deleted`, `too-many-credentials`; Invalid; Conflict; Unavailable
   */
  change(
    id: string,
    server: string,
    revise: Revise,
    context: CommandContext,
    options?: ChangeOptions,
  ): Promise<CredentialResult>;
}

export interface CredentialAdministrationOptions {
  readonly db: Queryable;
  readonly retirement: Pick<Retirement, 'refuseRetired'>;
  readonly commands: CommandHandler;
  readonly vault: Pick<AdministrationVault, 'open' | 'seal'>;
  readonly enforcement: Pick<Enforcement, 'enforce'>;
}

/** Makes the administration of credentials. docs/architecture.md, Secrets. */
export function createCredentialAdministration(options: CredentialAdministrationOptions): CredentialAdministration {
  const { db, retirement, commands, vault, enforcement } = options;

  async function commandFor(
    id: string,
    state: ApiKeyState,
    server: string,
    revise: Revise,
    reason: string | undefined,
  ): Promise<ApiKeyCommand> {
    const { sealed, credentials } = existingKey(state);
    const before = credentials.find((one) => one.server === server);
    const row = before === undefined ? await requireServer(db, server) : await findServer(db, server);
    if (row === undefined) return withoutServer(before, server, revise, reason);
    const target = targetOf(row);
    // What another server of this name got is none of this one's.
    const known = before?.registeredAt === target.registeredAt ? before : undefined;
    const read = known === undefined ? NONE : await openIfReadable(vault, apiKeyStream(id), known);
    const current = read ?? standInOf(known);
    const next = revise(current);
    if (isNone(next.secrets)) return { type: 'RemoveCredential', server, reason };
    if (read === undefined) checkReplaced(current, next.secrets, server);
    checkCredential(row, next.secrets);
    if (known !== undefined && known.address !== target.address) checkKept(current, next);
    // Sealing draws a new nonce, so what is unchanged keeps its box: a change that changes nothing writes nothing.
    const isSame = known?.address === target.address && canonicalJson(next.secrets) === canonicalJson(current);
    if (known !== undefined && isSame) return { type: 'SetCredential', ...known, reason };
    return { type: 'SetCredential', ...(await sealCredential(vault, id, sealed.dek, target, next.secrets)), reason };
  }

  return {
    async change(id, server, revise, context, { reason, ...options } = {}) {
      const stream = apiKeyStream(id);
      await retirement.refuseRetired(stream);
      const { state, ...handled } = await commands.handle(
        apiKey,
        apiKeyEvents,
        id,
        (loaded) => commandFor(id, loaded.state, server, revise, reason),
        context,
        options,
      );
      const { headers, env } = existingKey(state).credentials.find((one) => one.server === server) ?? {
        headers: [],
        env: [],
      };
      return { headers, env, ...(await enforcement.enforce({ ...handled, stream, effect: 'narrows' })) };
    },
  };
}

/** Seals a credential under the data encryption key of its key, so that it is destroyed with it. */
export async function sealCredential(
  vault: Pick<AdministrationVault, 'seal'>,
  id: string,
  dek: string,
  target: CredentialTarget,
  secrets: ServerSecrets,
): Promise<Credential> {
  const sealed = await vault.seal(dek, apiKeyStream(id), boundCredential(target, secrets));
  return { ...target, headers: Object.keys(secrets.headers), env: Object.keys(secrets.env), sealed };
}

function targetOf(row: McpServerRow): CredentialTarget {
  return { server: row.name, registeredAt: row.createdAt.toISOString(), address: addressDigest(row) };
}

/** Takes out what a key has for a server that is gone; nothing else can be done with it. @throws NotFound `server-not-found` */
function withoutServer(
  before: Credential | undefined,
  server: string,
  revise: Revise,
  reason: string | undefined,
): ApiKeyCommand {
  if (isNone(revise(standInOf(before)).secrets)) return { type: 'RemoveCredential', server, reason };
  throw new NotFound(
    'server-not-found',
    `The server "${server}" is gone: what the key has of its own for it can only be taken out, all of it (--unset-all).`,
    { data: { server } },
  );
}

/** Gives the names of a credential that is not read, with values that no real one has. */
function standInOf(credential: Credential | undefined): ServerSecrets {
  const value = `unread ${randomUUID()}`;
  const named = (names: readonly string[] = []): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, value]));
  return { headers: named(credential?.headers), env: named(credential?.env) };
}

/** Nothing of a credential that can't be read can stay. @throws Invalid `credential-unreadable`, which names what would */
function checkReplaced(standIn: ServerSecrets, secrets: ServerSecrets, server: string): void {
  const { headers, env } = keptSecrets(standIn, { secrets });
  if (headers.length + env.length === 0) return;
  throw new Invalid(
    'credential-unreadable',
    `What the key has of its own for the server "${server}" can’t be read: give ${[...headers, ...env].join(', ')} anew, or take it out (--unset, or --unset-all).`,
    { data: { headers, env } },
  );
}

function isNone({ headers, env }: ServerSecrets): boolean {
  return Object.keys(headers).length + Object.keys(env).length === 0;
}

/** @throws Invalid */
function checkCredential({ transport }: McpServerRow, secrets: ServerSecrets): void {
  checkSecrets(transport, secrets);
  const [variable] = Object.keys(secrets.env);
  if (transport !== 'stdio' && variable !== undefined) {
    throw new Invalid(
      'server-variables-unexpected',
      'Only a server on stdio has an environment: give this one what it needs to know as headers.',
      { data: { variable } },
    );
  }
  checkSize('headers and variables for one key', secrets, MAX_BYTES);
}

/** What was given for one address is not sent to the next one. @throws Invalid `server-secrets-needed` */
function checkKept(current: ServerSecrets, next: Pick<ServerRevision, 'secrets' | 'newValues'>): void {
  const { headers, env } = keptSecrets(current, next);
  if (headers.length + env.length === 0) return;
  throw new Invalid(
    'server-secrets-needed',
    `The server has moved since the key was given ${[...headers, ...env].join(', ')}: give each anew, or take it out.`,
    { data: { headers, env } },
  );
}
