import { credentialsFor, type CheckedCredential } from '../../../../src/administration/credentialFaults.ts';
import {
  countServers,
  listServerWindow,
  type ServerOnScreen,
  type ServerSort,
} from '../../../../src/projections/tables/mcpServers.ts';
import { usageOf, type UsageRow } from '../../../../src/usage/usageQueries.ts';
import { countWaitingTools } from '../../../stores/waitingTools.ts';
import { readServerCondition } from '../../../gateway/serverCondition.ts';
import type { ServerCondition } from '../../../views/serverHealthView.ts';
import { PAGE, takePage, type PageQuery, type PageRead } from '../../frame/lists/window.ts';
import type { Source } from '../../frame/model.ts';
import { listHeight, readFrom, slotOf, updateContents, withSlot } from '../../frame/state.ts';
import { SERVER, SERVERS } from './state.ts';

type ServerPageQuery = PageQuery & { readonly sort: ServerSort };

/** A page of the list. */
export const SERVER_PAGE: Source<ServerPageQuery, PageRead<ServerOnScreen>> = {
  async read({ stores: { db } }, { filter, page, generation, sort }) {
    const [rows, total] = await Promise.all([
      listServerWindow(db, { words: filter, offset: page * PAGE, limit: PAGE, sort }),
      countServers(db, filter),
    ]);
    return { filter, page, generation, rows, total };
  },
  take(state, _query, read) {
    const list = takePage(slotOf(state, SERVERS).list, read, listHeight(state), ({ name }) => name);
    // A server that is shown is one of the list.
    const next = updateContents(state, SERVER, (row) => read.rows.find(({ name }) => name === row.name) ?? row);
    const cautious = read.rows.filter(({ onToolChange }) => (onToolChange ?? 'allow') !== 'allow');
    const servers = cautious.map(({ name }) => name);
    return [
      withSlot(next, SERVERS, { list }),
      [readFrom(SERVER_CALLS, undefined), ...(servers.length === 0 ? [] : [readFrom(WAITING_TOOLS, { servers })])],
    ];
  },
};

/** How far back calls say something of a server. */
const CALLS_MS = 3_600_000;

/** What calls through all gateways have shown of servers. */
export const SERVER_CALLS: Source<undefined, ReadonlyMap<string, UsageRow>> = {
  async read({ stores: { db } }) {
    const to = new Date();
    const rows = await usageOf(db, { from: new Date(to.getTime() - CALLS_MS), to, groupBy: ['server'] });
    return new Map(rows.flatMap((row) => (row.server === undefined ? [] : [[row.server, row] as const])));
  },
  take: (state, _query, calls) => [withSlot(state, SERVERS, { calls }), []],
};

/** How many tools of servers wait for an approval. It takes longer than the list. */
const WAITING_TOOLS: Source<{ readonly servers: readonly string[] }, ReadonlyMap<string, number>> = {
  read: ({ stores }, { servers }) => countWaitingTools(stores, servers),
  take(state, { servers }, read) {
    const { waiting } = slotOf(state, SERVERS);
    const others = [...waiting].filter(([name]) => !servers.includes(name));
    return [withSlot(state, SERVERS, { waiting: new Map([...others, ...read]) }), []];
  },
};

/** What a server gets for single keys. */
export const SERVER_CREDENTIALS: Source<{ readonly server: ServerOnScreen }, readonly CheckedCredential[]> = {
  read: ({ stores }, { server }) => credentialsFor(stores, server),
  take(state, { server: { name } }, read) {
    const credentials = new Map(slotOf(state, SERVERS).credentials).set(name, read);
    return [withSlot(state, SERVERS, { credentials }), []];
  },
};

/** Whether a server answers, how its catalogue is read, and what of it waits for an approval. */
export const SERVER_CONDITION: Source<{ readonly server: ServerOnScreen }, ServerCondition> = {
  read: (tools, { server }) => readServerCondition(tools, server),
  take(state, { server: { name } }, read) {
    const conditions = new Map(slotOf(state, SERVERS).conditions).set(name, read);
    return [withSlot(state, SERVERS, { conditions }), []];
  },
};
