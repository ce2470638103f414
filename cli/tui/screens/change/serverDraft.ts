import type { ServerInput, ServerRevision } from '../../../../src/administration/serverInput.ts';
import type { ServerSecrets } from '../../../../src/vault/serverSecrets.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type Transport } from '../../../../src/events/mcpServer.ts';

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

/** Puts the headers of a draft over the secrets before; a header's name has no case (RFC 9110, 5.1). */
export function withDraft(secrets: ServerSecrets, { headers, drop }: ServerDraft): ServerSecrets {
  const gone = new Set([...drop, ...Object.keys(headers)].map((name) => name.toLowerCase()));
  const kept = Object.entries(secrets.headers).filter(([name]) => !gone.has(name.toLowerCase()));
  return { ...secrets, headers: { ...Object.fromEntries(kept), ...headers } };
}

/** Makes the settings of a new server. */
export function newServer(draft: ServerDraft): ServerInput {
  return {
    settings: {
      ...addressOf(draft),
      ...texts(draft),
      isolation: 'session',
      limits: DEFAULT_LIMITS,
      timeouts: DEFAULT_TIMEOUTS,
    },
    secrets: withDraft({ headers: {}, env: {} }, draft),
  };
}

/** Puts a draft over the settings before. */
export function revised({ settings, secrets }: ServerInput, draft: ServerDraft): ServerRevision {
  const { title: _title, description: _description, url: _url, ...rest } = settings;
  return {
    settings: { ...rest, ...addressOf(draft), ...texts(draft) },
    secrets: withDraft(secrets, draft),
    given: { headers: Object.keys(draft.headers), env: [] },
  };
}

function addressOf({ transport, url }: ServerDraft) {
  return { transport, url };
}

function texts({ title, description }: ServerDraft): { title?: string; description?: string } {
  return { ...(title === '' ? {} : { title }), ...(description === '' ? {} : { description }) };
}
