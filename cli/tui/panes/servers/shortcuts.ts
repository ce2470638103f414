import type { Shortcut, State, Step } from '../../frame/model.ts';
import { markServer, unmarkServers, withMarkedServers } from './bulk.ts';
import { editServerForm, enablementForm, removeServerForm } from './forms.ts';
import {
  addServer,
  browseServer,
  changeServer,
  openServerHistory,
  readServerLog,
  restartServer,
  reviewServer,
  sortServers,
  testAllServers,
  testServer,
} from './reduce.ts';

/** What can be done with one server. */
export const SERVER_SHORTCUTS: readonly Shortcut[] = [
  {
    keystrokes: ['b'],
    text: 'browse what the server offers, and run its tools',
    hint: 'browse',
    perform: browseServer,
  },
  { keystrokes: ['t'], text: 'test the server', hint: 'test', perform: testServer },
  {
    keystrokes: ['e'],
    text: 'edit the server',
    hint: 'edit',
    perform: (state) => changeServer(state, editServerForm),
  },
  {
    keystrokes: ['x'],
    text: 'disable the server, or those that are marked',
    hint: 'disable',
    perform: (state) => withMarkedServers(state, 'disableServer', disable),
  },
  {
    keystrokes: ['a'],
    text: 'enable the server, or those that are marked',
    perform: (state) => withMarkedServers(state, 'enableServer', enable),
  },
  {
    keystrokes: ['d'],
    text: 'remove the server for good, or those that are marked',
    hint: 'remove',
    perform: (state) => withMarkedServers(state, 'removeServer', (each) => changeServer(each, removeServerForm)),
  },
  {
    keystrokes: ['p'],
    text: 'look at new and changed tools of the server, and approve them',
    hint: 'approve',
    perform: reviewServer,
  },
  { keystrokes: ['L'], text: 'read what the server’s program has printed', hint: 'log', perform: readServerLog },
  { keystrokes: ['R'], text: 'restart the server’s program', hint: 'restart', perform: restartServer },
  { keystrokes: ['H'], text: 'travel through the server’s history', perform: openServerHistory },
];

/** What can be done in the list of servers. */
export const SERVERS_SHORTCUTS: readonly Shortcut[] = [
  { keystrokes: ['c'], text: 'add a server', hint: 'add', perform: addServer },
  { keystrokes: ['ctrl-t'], text: 'test all servers that are enabled', hint: 'test all', perform: testAllServers },
  ...SERVER_SHORTCUTS,
  { keystrokes: [' '], text: 'mark the server, or take its mark away', hint: 'mark', perform: markServer },
  { keystrokes: ['U'], text: 'take all marks away', perform: unmarkServers },
  { keystrokes: ['s'], text: 'sort by name, status, transport or the last change', hint: 'sort', perform: sortServers },
];

function disable(state: State): Step {
  return changeServer(
    state,
    (server) => enablementForm(server, 'disableServer'),
    ({ status }) => (status === 'disabled' ? 'The server is disabled already.' : undefined),
  );
}

function enable(state: State): Step {
  return changeServer(
    state,
    (server) => enablementForm(server, 'enableServer'),
    ({ status }) => (status === 'enabled' ? 'The server is enabled already.' : undefined),
  );
}
