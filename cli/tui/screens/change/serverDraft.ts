import { reviseSecrets } from '../../../../src/administration/secretRevision.ts';
import type { ServerInput, ServerRevision } from '../../../../src/administration/serverInput.ts';
import type { ServerSecrets } from '../../../../src/vault/serverSecrets.ts';
import { DEFAULT_SETTINGS, type Transport } from '../../../../src/events/mcpServer.ts';

/** A server as a form describes it. */
export interface ServerDraft {
  readonly transport: Transport;
  readonly url: string;
  readonly title: string;
  readonly description: string;
  /** Added, or put in the place of those of the same name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names of headers that go. */
  readonly drop: readonly string[];
}

/** Puts the headers of a draft over the secrets before. */
export function withDraft(secrets: ServerSecrets, { headers, drop }: ServerDraft) {
  return reviseSecrets(secrets, { set: { headers }, remove: { headers: drop } });
}

/** Makes the settings of a new server. */
export function newServer(draft: ServerDraft): ServerInput {
  return {
    settings: {
      ...addressOf(draft),
      ...texts(draft),
      ...DEFAULT_SETTINGS,
    },
    secrets: withDraft({ headers: {}, env: {} }, draft).secrets,
  };
}

/** Puts a draft over the settings before. */
export function revised({ settings, secrets }: ServerInput, draft: ServerDraft): ServerRevision {
  const { title: _title, description: _description, url: _url, ...rest } = settings;
  return {
    settings: { ...rest, ...addressOf(draft), ...texts(draft) },
    ...withDraft(secrets, draft),
  };
}

function addressOf({ transport, url }: ServerDraft) {
  return { transport, url };
}

function texts({ title, description }: ServerDraft): { title?: string; description?: string } {
  return { ...(title === '' ? {} : { title }), ...(description === '' ? {} : { description }) };
}
