import type { AuditEventRow } from '../../src/projections/tables/auditEvents.ts';
import { objectIn, readable, textIn, textsIn } from '../../src/storedJson.ts';
import type { Change } from './change.ts';

/** Of an event about what a server gets for one key: names; the values are sealed. */
function setIn({ server, headers, env }: Readonly<Record<string, unknown>>) {
  return { server: textIn(server), headers: textsIn(headers), env: textsIn(env) };
}

const KINDS = [
  ['headers', 'headers'],
  ['env', 'variables'],
] as const;

/** Finds what each event of a key's history changed in its credentials for servers, in their order. */
export function credentialChangesOf(history: readonly AuditEventRow[]): Change[][] {
  const before = new Map<string, ReturnType<typeof setIn>>();
  return history.map(({ type, data }) => {
    if (type === 'ApiKeyCredentialRemoved') {
      const server = readable(() => textIn(objectIn(data)['server']));
      if (server === undefined) return [];
      const was = before.get(server);
      before.delete(server);
      const gone = KINDS.flatMap(([kind, word]) => changeOf(`${word} for ${server}`, was?.[kind] ?? [], []));
      return gone.length > 0 ? gone : [{ what: `credential for ${server}`, to: 'removed' }];
    }
    if (type !== 'ApiKeyCredentialSet') return [];
    const set = readable(() => setIn(objectIn(data)));
    if (set === undefined) return [];
    const was = before.get(set.server);
    before.set(set.server, set);
    return KINDS.flatMap(([kind, word]) => changeOf(`${word} for ${set.server}`, was?.[kind] ?? [], set[kind]));
  });
}

/** The same names again: their values are others. */
function changeOf(what: string, before: readonly string[], after: readonly string[]): Change[] {
  if (before.length === 0 && after.length === 0) return [];
  const [from, to] = [before.join(', '), after.length === 0 ? 'none' : after.join(', ')];
  return [{ what, ...(from !== '' && from !== to && { from }), to }];
}
