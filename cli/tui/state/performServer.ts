import { addServerForm, editServerForm, enablementForm, removeServerForm } from '../forms/serverForms.ts';
import { toolForm } from '../forms/toolForm.ts';
import type { ServerOnScreen } from '../../../src/projections/tables/serverWindow.ts';
import type { Intent } from '../keys.ts';
import { begin, refuse } from './begin.ts';
import { itemsOf } from './catalogueItems.ts';
import { START } from './cursor.ts';
import { push, topScreen, type State } from './state.ts';
import type { Step } from './step.ts';
import { chosen } from './window.ts';

/** Does what concerns servers. */
export function performServer(state: State, intent: Extract<Intent, 'open' | `server-${string}`>): Step {
  if (intent === 'server-add') return [push(state, { screen: 'form', form: addServerForm() }), []];
  const screen = topScreen(state);
  if (screen?.screen === 'catalogue')
    return openItem(state, screen.server, itemsOf(screen.catalogue)[screen.cursor.at]);
  const server = serverInView(state);
  if (server === undefined) return [state, []];
  switch (intent) {
    case 'open':
      return [push(state, { screen: 'server', row: server, top: 0 }), []];
    case 'server-edit':
      if (server.url === null) return refuse(state, `This version can’t edit ${server.transport} servers.`);
      return [push(state, { screen: 'form', form: editServerForm(server) }), []];
    case 'server-enable':
      if (server.status === 'enabled') return refuse(state, 'The server is enabled already.');
      return [push(state, { screen: 'form', form: enablementForm(server, 'enableServer') }), []];
    case 'server-disable':
      if (server.status === 'disabled') return refuse(state, 'The server is disabled already.');
      return [push(state, { screen: 'form', form: enablementForm(server, 'disableServer') }), []];
    case 'server-remove':
      return [push(state, { screen: 'form', form: removeServerForm(server) }), []];
    case 'server-test': {
      const [next, effects] = begin(state, { effect: 'test', server: server.name }, `Testing ${server.name}`);
      return [next, effects];
    }
    case 'server-browse': {
      const job = { effect: 'browse' as const, server: server.name };
      const [next, effects, work] = begin(state, job, `Reading what ${server.name} offers`);
      const catalogue = {
        screen: 'catalogue' as const,
        server: server.name,
        catalogue: undefined,
        work,
        error: undefined,
        cursor: START,
      };
      return [push(next, catalogue), effects];
    }
  }
}

/** The server that is shown, or the one under the cursor. */
export function serverInView(state: State): ServerOnScreen | undefined {
  const screen = topScreen(state);
  if (screen !== undefined) return screen.screen === 'server' ? screen.row : undefined;
  return state.pane === 'servers' ? chosen(state.servers) : undefined;
}

function openItem(state: State, server: string, item: ReturnType<typeof itemsOf>[number] | undefined): Step {
  if (item === undefined) return [state, []];
  if (item.tool === undefined) return refuse(state, `Only tools can be run; this is a ${item.kind}.`);
  return [push(state, { screen: 'form', form: toolForm(server, item.tool) }), []];
}
