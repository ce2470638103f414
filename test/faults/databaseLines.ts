import pg from 'pg';
import { openTcpProxy, type TcpProxy } from '../support/tcpProxy.ts';

/** The networks between PostgreSQL and those who use it: each has one of its own. */
export interface DatabaseLines extends AsyncDisposable {
  /** A url of the database for one more user. */
  readonly open: (name: string) => Promise<DatabaseLine>;
  readonly all: readonly DatabaseLine[];
  /** Ends every session on the server. Whoever hears nothing from the server does not notice. */
  readonly endSessions: () => Promise<void>;
}

export interface DatabaseLine {
  readonly name: string;
  readonly proxy: TcpProxy;
}

/** Prepares lines to the database at `url`. */
export function openDatabaseLines(url: string): DatabaseLines {
  const all: DatabaseLine[] = [];
  return {
    all,
    async open(name) {
      const line = { name, proxy: await openTcpProxy(url) };
      all.push(line);
      return line;
    },
    async endSessions() {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        await client.query(
          'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
        );
      } finally {
        await client.end();
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map(({ proxy }) => proxy[Symbol.asyncDispose]()));
    },
  };
}
