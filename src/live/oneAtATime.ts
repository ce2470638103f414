import type { Queryable } from '../postgres/database.ts';

/** Makes the statements of several users of one connection wait for each other: pg leaves that to its caller. */
export function oneAtATime(connection: Queryable): Queryable {
  let last: Promise<unknown> = Promise.resolve();
  return {
    query<Row extends object>(statement: Parameters<Queryable['query']>[0]): Promise<Row[]> {
      const result = last.then(() => connection.query<Row>(statement));
      last = result.catch(() => undefined);
      return result;
    },
  };
}
