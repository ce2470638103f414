import type { Pane } from '../../frame/model.ts';
import { slotOf } from '../../frame/state.ts';
import { filterServers, moveInServers, readServersAgain } from './reduce.ts';
import { openServer, readServersAndDetail, serverBesideList } from './serverScreen.ts';
import { SERVERS_SHORTCUTS } from './shortcuts.ts';
import { SERVERS } from './state.ts';
import { serversLines } from './view.ts';

/** MCP servers: the list, what tests have found out, and everything that can be done with a server. */
export const SERVERS_PANE: Pane = {
  name: SERVERS.name,
  title: 'Servers',
  shortcuts: SERVERS_SHORTCUTS,
  lines: serversLines,
  detail: serverBesideList,
  move: moveInServers,
  list: { open: openServer, filterOf: (state) => slotOf(state, SERVERS).list.filter, filterBy: filterServers },
  read: readServersAndDetail,
  readAgain: readServersAgain,
};
