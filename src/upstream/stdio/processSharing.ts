import type { Principal } from '../../auth/principal.ts';
import { canonicalJson } from '../../events/canonicalJson.ts';
import { connectionName, type LiveServer, type ServerProgram } from '../../live/liveServer.ts';
import type { ClientFacts } from '../upstream.ts';

/** Who opens a server. */
export interface ProcessUser {
  readonly principal: Principal;
  /** A session of its own, which lives as long as what is opened. */
  readonly inSession: boolean;
}

/** Who may share a process of a server: one that runs with the credential of a key is never shared with other keys. */
export function isolationOf({ program, credential }: LiveServer): ServerProgram['isolation'] {
  const { isolation = 'session' } = program ?? {};
  return isolation === 'shared' && credential !== undefined ? 'key' : isolation;
}

/** Names those who share a process; undefined: a session of its own. */
export function groupOf(
  server: LiveServer,
  { capabilities }: Pick<ClientFacts, 'capabilities'>,
  user: ProcessUser,
): string | undefined {
  const { name, revision, credential } = server;
  const isolation = isolationOf(server);
  if (isolation === 'shared') return JSON.stringify([name, revision]);
  if (isolation === 'session' && user.inSession) return undefined;
  // The gateway itself asks in the name of a key, which may lose its credential: nothing that it opens stays.
  if (credential !== undefined && user.principal.key === undefined) return undefined;
  // A server may offer other tools to clients that can do more.
  return JSON.stringify([connectionName(server), revision, user.principal.keyId, canonicalJson(capabilities)]);
}
