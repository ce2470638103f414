import { historyWithRoles } from '../../../../src/audit/history.ts';
import { stateAt } from '../../../../src/audit/stateAt.ts';
import type { AuditEventRow } from '../../../../src/projections/tables/auditEvents.ts';
import { namesInHistory } from '../../../stores/namesInHistory.ts';
import type { KeyNames } from '../../../views/keyView.ts';
import type { Source } from '../../frame/model.ts';
import { updateContents } from '../../frame/state.ts';
import { readHistory } from './readHistory.ts';
import { keyRoleStream } from '../../../../src/events/keyRole.ts';
import { TIMELINE, type StateAt } from './timeline.ts';

interface ReadHistory {
  readonly rows: readonly AuditEventRow[];
  readonly names: KeyNames;
}

/** The history of a key or server. */
export const HISTORY: Source<{ readonly stream: string }, ReadHistory> = {
  async read({ stores }, { stream }) {
    const rows = await readHistory(stores, stream);
    return { rows, names: await namesInHistory(stores.db, rows) };
  },
  take: (state, { stream }, read) => [
    updateContents(state, TIMELINE, (timeline) => (timeline.stream === stream ? { ...timeline, ...read } : timeline)),
    [],
  ],
};

interface Moment {
  readonly stream: string;
  /** Undefined: now. */
  readonly atMs: number | undefined;
}

/** What a key or server was at a moment, from its events. */
export const STATE_AT: Source<Moment, StateAt> = {
  async read({ stores }, { stream, atMs }) {
    // The clocks of other machines may be ahead: now is whatever has happened.
    const found = await stateAt(historyWithRoles(stores.events, stream), atMs ?? Infinity);
    const { keys, servers, catalogues } = found;
    const role = found.roles.find(({ name }) => keyRoleStream(name) === stream);
    if (role !== undefined) return { role };
    const [key] = keys;
    const [server] = servers;
    if (key !== undefined) return { key };
    if (server === undefined) return { nothing: 'It did not exist then.' };
    return { server, offered: catalogues?.get(server.name) ?? [] };
  },
  // The slider may have moved on.
  take: (state, { stream, atMs }, found) => [
    updateContents(state, TIMELINE, (timeline) =>
      timeline.stream === stream && timeline.atMs === atMs ? { ...timeline, stateAt: found } : timeline,
    ),
    [],
  ],
};
