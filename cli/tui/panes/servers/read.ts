import { countServers, listServerWindow, type ServerOnScreen } from '../../../../src/projections/tables/mcpServers.ts';
import { PAGE, takePage, type PageQuery, type PageRead } from '../../frame/lists/window.ts';
import type { Source } from '../../frame/model.ts';
import { listHeight, slotOf, updateContents, withSlot } from '../../frame/state.ts';
import { SERVER, SERVERS } from './state.ts';

/** A page of the list. */
export const SERVER_PAGE: Source<PageQuery, PageRead<ServerOnScreen>> = {
  async read({ stores: { db } }, { filter, page, generation }) {
    const [rows, total] = await Promise.all([
      listServerWindow(db, { words: filter, offset: page * PAGE, limit: PAGE }),
      countServers(db, filter),
    ]);
    return { filter, page, generation, rows, total };
  },
  take(state, _query, read) {
    const list = takePage(slotOf(state, SERVERS).list, read, listHeight(state), ({ name }) => name);
    // A server that is shown is one of the list.
    const next = updateContents(state, SERVER, (row) => read.rows.find(({ name }) => name === row.name) ?? row);
    return [withSlot(next, SERVERS, { list }), []];
  },
};
