import type { Logger } from '../logger.ts';

export interface EmbeddedPostgresOptions {
  /** The state folder (METAMCP_HOME); made when missing. */
  readonly stateFolder: string;
  readonly logger: Logger;
}

/** A running embedded Postgres, used by this process until it is disposed; the last user's end stops it. */
export interface EmbeddedPostgres extends AsyncDisposable {
  /** postgresql://metamcp:<password>@127.0.0.1:<port>/metamcp */
  readonly url: string;
}

/** Starts or joins the embedded Postgres of a state folder. */
export function openEmbeddedPostgres(_options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  throw new Error('being built');
}
