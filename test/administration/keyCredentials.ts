import type { Stores } from '../../src/stores/stores.ts';
import { sql } from '../../src/postgres/sql.ts';
import { TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';

/** What tests do with what keys have of their own for servers. */
export interface KeyCredentials {
  /** Gives a key a token for a server; undefined: none any more. */
  give(
    id: string,
    server: string,
    token: string | undefined,
    stores?: Stores,
  ): ReturnType<Stores['credentials']['change']>;
  /** What a key has of its own for a server: the value of `x-token`. */
  tokenAt(id: string, server: string): Promise<string | undefined>;
  successorsOf(id: string): Promise<string[]>;
}

export function keyCredentials(gateway: TestGateway): KeyCredentials {
  return {
    give(id, server, token, stores = gateway.stores) {
      const headers = token === undefined ? {} : { 'x-token': token };
      return stores.credentials.change(id, server, () => ({ secrets: { headers, env: {} } }), TEST_CONTEXT);
    },
    async tokenAt(id, server) {
      let token: string | undefined;
      const read = (secrets: Parameters<Parameters<Stores['credentials']['change']>[2]>[0]) => {
        token = secrets.headers['x-token'];
        return { secrets };
      };
      await gateway.stores.dryRun().credentials.change(id, server, read, TEST_CONTEXT);
      return token;
    },
    async successorsOf(id) {
      const rows = await gateway.stores.db.query<{ id: string }>(
        sql`select id from api_keys where rotated_from = ${id}::uuid order by id`,
      );
      return rows.map((row) => row.id);
    },
  };
}
