import type { CheckedCredential } from '../../../../src/administration/credentialFaults.ts';
import type { ServerOnScreen } from '../../../../src/projections/tables/mcpServers.ts';
import type { ServerProcessesDocument } from '../../../views/processesView.ts';
import type { ServerCondition } from '../../../views/serverHealthView.ts';
import { emptyWindow, rowAtCursor, type Window } from '../../frame/lists/window.ts';
import type { ScreenName, Slot, State } from '../../frame/model.ts';
import { slotOf, topContent, topScreen } from '../../frame/state.ts';
import type { Findings } from './findings.ts';

export interface ServersState {
  readonly list: Window<ServerOnScreen>;
  /** What the last test of each server has found out, by the server's name. */
  readonly findings: ReadonlyMap<string, Findings>;
  /** What servers that were shown get for single keys, by the server's name. */
  readonly credentials: ReadonlyMap<string, readonly CheckedCredential[]>;
  /** What the gateway says of the programs of each server that was looked at. Undefined: none answers. */
  readonly programs: ReadonlyMap<string, ServerProcessesDocument | undefined>;
  /** The condition of servers that were shown, by the server's name. */
  readonly conditions: ReadonlyMap<string, ServerCondition>;
  /** The server that was asked for, to be shown beside the list. */
  readonly asked: string | undefined;
  /** How many tools wait for an approval, by the name of each server of the list that has any. */
  readonly waiting: ReadonlyMap<string, number>;
}

export const SERVERS: Slot<ServersState> = {
  name: 'servers',
  initial: {
    list: emptyWindow(),
    findings: new Map(),
    credentials: new Map(),
    programs: new Map(),
    conditions: new Map(),
    asked: undefined,
    waiting: new Map(),
  },
};

export const SERVER: ScreenName<ServerOnScreen> = { name: 'server' };

/** The server that is shown, or the one under the cursor. */
export function serverInView(state: State): ServerOnScreen | undefined {
  if (topScreen(state) !== undefined) return topContent(state, SERVER);
  return state.pane === SERVERS.name ? rowAtCursor(slotOf(state, SERVERS).list) : undefined;
}
