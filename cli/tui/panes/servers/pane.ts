import type { Pane } from '../../frame/model.ts';
import { SERVER_CALLS } from './read.ts';
import { readFrom, slotOf } from '../../frame/state.ts';
import { filterServers, moveInServers, readServersAgain } from './reduce.ts';
import { openServer, readServersAndDetail, serverBesideList } from './serverScreen.ts';
import { SERVERS_SHORTCUTS } from './shortcuts.ts';
import { serverInView, SERVERS } from './state.ts';
import { serversLines, serversSummary } from './view.ts';

/** MCP servers: the list, what tests have found out, and everything that can be done with a server. */
export const SERVERS_PANE: Pane = {
  name: SERVERS.name,
  title: 'Servers',
  shortcuts: SERVERS_SHORTCUTS,
  lines: serversLines,
  detail: serverBesideList,
  commands: () => [['servers', 'list']],
  subject: (state) => serverInView(state)?.name,
  summary: serversSummary,
  move: moveInServers,
  list: { open: openServer, filterOf: (state) => slotOf(state, SERVERS).list.filter, filterBy: filterServers },
  read: readServersAndDetail,
  readAgain: readServersAgain,
  refresh: () => [readFrom(SERVER_CALLS, undefined)],
};
