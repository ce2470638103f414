import { mcpServerStream } from '../../../../src/events/mcpServer.ts';
import type { ServerOnScreen } from '../../../../src/projections/tables/mcpServers.ts';
import { filterBy, moveTo, readPages, readPagesAgain } from '../../frame/lists/window.ts';
import type { Job, State, Step, Target } from '../../frame/model.ts';
import { jobOf, startWork } from '../../frame/startWork.ts';
import { listHeight, push, readFrom, slotOf, withError, withSlot } from '../../frame/state.ts';
import { openCatalogue } from '../../screens/catalogue/catalogueScreen.ts';
import type { Form } from '../../screens/form/form.ts';
import { formScreen } from '../../screens/form/formScreen.ts';
import { openTimeline } from '../../screens/timeline/timelineScreen.ts';
import { addServerForm } from './forms.ts';
import { LOGS, RESTART } from './programs.ts';
import { SERVER_PAGE } from './read.ts';
import { REVIEW } from './review.ts';
import { serverInView, SERVERS } from './state.ts';
import { TEST_ALL } from './testAll.ts';
import { TEST } from './testServer.ts';

/** Asks for the pages of servers that are shown and not in memory. */
export function readServers(state: State): Step {
  const before = slotOf(state, SERVERS).list;
  const [list, pages] = readPages(before, listHeight(state));
  const next = list === before ? state : withSlot(state, SERVERS, { list });
  return [next, pages.map((page) => readFrom(SERVER_PAGE, page))];
}

/** Asks again for the pages of servers that are shown. */
export function readServersAgain(state: State): Step {
  const [list, pages] = readPagesAgain(slotOf(state, SERVERS).list, listHeight(state));
  return [withSlot(state, SERVERS, { list, asked: undefined }), pages.map((page) => readFrom(SERVER_PAGE, page))];
}

/** Moves the cursor of the list. */
export function moveInServers(state: State, target: Target): State {
  const { list } = slotOf(state, SERVERS);
  const height = listHeight(state);
  const index = target(list.cursor, height, (list.total ?? 1) - 1);
  return withSlot(state, SERVERS, { list: moveTo(list, index, height) });
}

/** Filters the list. */
export function filterServers(state: State, filter: string): State {
  return withSlot(state, SERVERS, { list: filterBy(slotOf(state, SERVERS).list, filter) });
}

/** Opens the form of a new server. */
export function addServer(state: State): Step {
  return [push(state, formScreen(addServerForm(state.cwd))), []];
}

/** Does something with the server in view. */
function withServer(state: State, perform: (server: ServerOnScreen) => Step): Step {
  const server = serverInView(state);
  return server === undefined ? [state, []] : perform(server);
}

/** Opens a form for the server in view, unless what it is refuses it. */
export function changeServer(
  state: State,
  formOf: (server: ServerOnScreen) => Form,
  refusalOf: (server: ServerOnScreen) => string | undefined = () => undefined,
): Step {
  return withServer(state, (server) => {
    const refusal = refusalOf(server);
    return refusal === undefined ? [push(state, formScreen(formOf(server))), []] : withError(state, refusal);
  });
}

/** Tests the server in view. */
export function testServer(state: State): Step {
  return withServer(state, ({ name }) => {
    const [next, effects] = startWork(state, jobOf(TEST, { server: name }), `Testing ${name}`);
    return [next, effects];
  });
}

/** Has the server in view show its tools, and shows which of them wait for an approval. */
export function reviewServer(state: State): Step {
  return withServer(state, ({ name, onToolChange }) =>
    (onToolChange ?? 'allow') === 'allow'
      ? withError(state, `${name} may change its tools, so none waits for an approval.`)
      : startJob(state, jobOf(REVIEW, name), `Asking ${name} for its tools`),
  );
}

/** Restarts the programs of the server in view. */
export function restartServer(state: State): Step {
  return withProgram(state, (name) => startJob(state, jobOf(RESTART, name), `Restarting ${name}`));
}

/** Shows what the programs of the server in view have printed. */
export function readServerLog(state: State): Step {
  return withProgram(state, (name) => startJob(state, jobOf(LOGS, name), `Reading the log of ${name}`));
}

function withProgram(state: State, perform: (name: string) => Step): Step {
  return withServer(state, ({ name, transport }) =>
    transport === 'stdio'
      ? perform(name)
      : withError(state, `${name} is reached over ${transport}: the gateway runs no program of it.`),
  );
}

function startJob(state: State, job: Job, message: string): Step {
  const [next, effects] = startWork(state, job, message);
  return [next, effects];
}

/** Tests all servers that are enabled, whatever the list shows. */
export function testAllServers(state: State): Step {
  const [next, effects] = startWork(state, jobOf(TEST_ALL, undefined), 'Testing all servers');
  return [next, effects];
}

/** Shows what the server in view offers. */
export function browseServer(state: State): Step {
  return withServer(state, ({ name }) => openCatalogue(state, name));
}

/** Opens the history of the server in view. */
export function openServerHistory(state: State): Step {
  return withServer(state, ({ name }) => openTimeline(state, mcpServerStream(name)));
}
