import { wholeHistory } from '../../../../src/audit/history.ts';
import { stateAt } from '../../../../src/audit/stateAt.ts';
import { START } from '../../frame/lists/cursor.ts';
import type { JobKind } from '../../frame/model.ts';
import type { Past } from './past.ts';
import { pastScreen } from './pastScreen.ts';

/** Finds out from the events what there was at a moment, and shows it. */
export const READ_PAST: JobKind<Pick<Past, 'atMs' | 'shown'>> = {
  commands: ({ atMs }) => [['audit', 'at', new Date(atMs).toISOString()]],
  async run({ stores: { events } }, { atMs, shown }, { signal }) {
    const found = await stateAt(wholeHistory(events, { signal }), atMs);
    const keys = found.keys.filter(({ status }) => status !== 'deleted').map(({ sealed: _sealed, ...row }) => row);
    const servers = found.servers.map(({ sealed: _sealed, ...row }) => row);
    const holders = Map.groupBy(
      keys.flatMap((key) => key.roles),
      ({ id }) => id,
    );
    const roles = found.roles.map((role) => ({ ...role, keys: holders.get(role.id)?.length ?? 0 }));
    const opens = pastScreen({ atMs, shown, keys: keys.toReversed(), servers, roles, cursor: START });
    return { ok: true, message: '', opens };
  },
};
