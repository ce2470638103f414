import { present } from '../../../../src/administration/present.ts';
import { reviseSecrets } from '../../../../src/administration/secretRevision.ts';
import type { ServerInput, ServerRevision } from '../../../../src/administration/serverInput.ts';
import type { ServerSecrets } from '../../../../src/vault/serverSecrets.ts';
import { DEFAULT_SETTINGS, type ServerSettings, type Transport } from '../../../../src/events/mcpServer.ts';

/** A server as a form describes it. */
export interface ServerDraft {
  readonly transport: Transport;
  /** http and sse. */
  readonly url: string;
  /** stdio: the program and its arguments. */
  readonly command?: readonly string[];
  readonly cwd?: string;
  /** Who shares a program of it. (Default: as before, or that of new servers) */
  readonly isolation?: ServerSettings['isolation'];
  readonly title: string;
  readonly description: string;
  /** Added, or put in the place of those of the same name. */
  readonly headers: Readonly<Record<string, string>>;
  /** In the same way. */
  readonly env?: Readonly<Record<string, string>>;
  /** Names of headers and variables that go. */
  readonly drop: readonly string[];
}

/** Puts the headers and variables of a draft over the secrets before. */
export function withDraft(secrets: ServerSecrets, { headers, env = {}, drop }: ServerDraft) {
  return reviseSecrets(secrets, { set: { headers, env }, remove: { headers: drop, env: drop } });
}

/** Makes the settings of a new server. */
export function newServer(draft: ServerDraft): ServerInput {
  return {
    settings: {
      ...addressOf(draft),
      ...texts(draft),
      ...DEFAULT_SETTINGS,
      ...present({ isolation: draft.isolation }),
    },
    secrets: withDraft({ headers: {}, env: {} }, draft).secrets,
  };
}

/** Puts a draft over the settings before. */
export function revised({ settings, secrets }: ServerInput, draft: ServerDraft): ServerRevision {
  const { isolation, limits, timeouts, onToolChange } = settings;
  return {
    settings: {
      isolation: draft.isolation ?? isolation,
      limits,
      timeouts,
      ...present({ onToolChange }),
      ...addressOf(draft),
      ...texts(draft),
    },
    ...withDraft(secrets, draft),
  };
}

/** Where a draft's server is, or what starts it. */
export function addressOf({ transport, url, command: words = [], cwd = '' }: ServerDraft) {
  if (transport !== 'stdio') return { transport, url };
  const [command = '', ...args] = words;
  return { transport, command, ...(args.length === 0 ? {} : { args }), ...(cwd === '' ? {} : { cwd }) };
}

function texts({ title, description }: ServerDraft): { title?: string; description?: string } {
  return { ...(title === '' ? {} : { title }), ...(description === '' ? {} : { description }) };
}
