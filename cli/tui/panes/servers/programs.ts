import { serverLogSchema, serverProcessesSchema } from '../../../../src/api/serverProcesses.ts';
import { AppError } from '../../../../src/errors/appError.ts';
import { callGateway } from '../../../gateway/callGateway.ts';
import type { ServerProcessesDocument } from '../../../views/processesView.ts';
import type { JobKind, Source, State } from '../../frame/model.ts';
import { slotOf, withSlot } from '../../frame/state.ts';
import { textScreen } from '../../screens/text/textScreen.ts';
import { SERVERS } from './state.ts';

// What the gateway knows of the programs of servers: it runs them, and the stores know nothing of that.

/** How long the gateway may take, in milliseconds: a server is shown without it, too. */
const PATIENCE_MS = 2_000;

/** Lines of a log that are asked for: as many as a gateway keeps. */
const LINES = 500;

/** What the programs of a server do. Undefined: no gateway says so. */
export const PROGRAMS: Source<string, ServerProcessesDocument | undefined> = {
  async read({ stores, settings }, server) {
    try {
      const access = { stores, settings, signal: AbortSignal.timeout(PATIENCE_MS) };
      const answer = await callGateway(access, 'GET', `/api/v1/mcp/servers/${server}/processes`);
      return serverProcessesSchema.parse(await answer.json());
    } catch (error) {
      if (error instanceof AppError || error instanceof DOMException) return undefined;
      throw error;
    }
  },
  take: (state, server, document) => [withPrograms(state, server, document), []],
};

/** Restarts the programs of a server, those that were given up, too. */
export const RESTART: JobKind<string, ServerProcessesDocument> = {
  async run({ stores, settings }, server, { signal }) {
    const answer = await callGateway({ stores, settings, signal }, 'POST', `/api/v1/mcp/servers/${server}/restart`);
    const document = serverProcessesSchema.parse(await answer.json());
    const count = document.processes.length;
    const message =
      count === 0
        ? `Nothing of ${server} ran: its program starts at the next call.`
        : `${count === 1 ? 'The program' : `${String(count)} programs`} of ${server} ${count === 1 ? 'was' : 'were'} restarted.`;
    return { ok: true, message, result: document };
  },
  take: (state, server, outcome) => (outcome.ok ? withPrograms(state, server, outcome.result) : state),
};

/** Shows what the programs of a server have printed. */
export const LOGS: JobKind<string> = {
  async run({ stores, settings }, server, { signal }) {
    const path = `/api/v1/mcp/servers/${server}/logs?lines=${String(LINES)}`;
    const { items } = serverLogSchema.parse(
      await (await callGateway({ stores, settings, signal }, 'GET', path)).json(),
    );
    if (items.length === 0) return { ok: true, message: `${server} has printed nothing in this gateway.` };
    const lines = items.toReversed().map(({ at, text }) => `${at.slice(11, 19)} ${text}`);
    return {
      ok: true,
      message: '',
      opens: textScreen({
        title: `What ${server} has printed, the newest first (UTC)`,
        lines,
        command: ['servers', 'logs', server],
      }),
    };
  },
};

function withPrograms(state: State, server: string, document: ServerProcessesDocument | undefined): State {
  const { programs } = slotOf(state, SERVERS);
  return withSlot(state, SERVERS, { programs: new Map([...programs, [server, document]]) });
}
