import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../errors/appError.ts';
import type { Logger } from '../logging/logger.ts';
import { fromOutput, fromSystem } from '../errors/systemError.ts';
import { databaseUrl, type Credentials } from './credentials.ts';
import type { Role } from './roles.ts';
import { joinOrStart, leave, type Membership } from './server.ts';
import { makeStateFolder, statePaths, type StatePaths } from './stateFolder.ts';

export interface EmbeddedPostgresOptions {
  /** The state folder (METAMCP_HOME); made when missing. */
  readonly stateFolder: string;
  readonly logger: Logger;
  /** Whether the connections are an administrator's, for whom some are kept. (Default: false) */
  readonly administrator?: boolean;
}

/** A running embedded Postgres, used by this process until it is disposed; the last user's end stops it. */
export interface EmbeddedPostgres extends AsyncDisposable {
  /** Of its Unix socket: postgresql://<role>:<password>@<socket folder, percent-encoded>:5432/metamcp?… */
  readonly url: string;
}

/** A server that ran this long was healthy: its next end is a new trouble. In milliseconds. */
const HEALTHY = 60_000;
/** Waits between attempts to start again double up to this. In milliseconds. */
const MAX_BACK_OFF = 5_000;

/**
 * Starts or joins the embedded Postgres of a state folder.
 * @throws Unavailable `embedded-postgres-missing`, `embedded-postgres-failed`, `embedded-postgres-busy`,
 *   `state-folder-unreachable`, `state-folder-unusable`
 */
export async function openEmbeddedPostgres({
  stateFolder,
  logger,
  administrator = false,
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const paths = statePaths(stateFolder);
  makeStateFolder(paths.folder);
  const role = administrator ? 'metamcp_cli' : 'metamcp_owner';
  try {
    return new SupervisedPostgres(paths, logger, role, await joinOrStart({ paths, logger }));
  } catch (error) {
    // Of initdb, or of the server's log.
    const failure = error instanceof Unavailable ? fromOutput(error.message, paths.folder) : undefined;
    throw failure ?? fromSystem(error);
  }
}

/** Starts the server again at the same socket when it dies while this process uses it, so that pools reconnect. */
class SupervisedPostgres implements EmbeddedPostgres {
  readonly url: string;
  readonly #paths: StatePaths;
  readonly #logger: Logger;
  readonly #role: Role;
  readonly #credentials: Credentials;
  readonly #disposing = new AbortController();
  #membership: Membership | undefined;
  #supervision: Promise<void>;
  #disposal: Promise<void> | undefined;

  constructor(paths: StatePaths, logger: Logger, role: Role, membership: Membership) {
    this.url = databaseUrl(membership.credentials, role);
    this.#role = role;
    this.#paths = paths;
    this.#logger = logger;
    this.#credentials = membership.credentials;
    this.#membership = membership;
    this.#supervision = this.#supervise(membership);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#disposal ??= this.#dispose());
  }

  async #dispose(): Promise<void> {
    this.#disposing.abort();
    await this.#supervision;
    if (this.#membership !== undefined) await leave(this.#membership, { paths: this.#paths, logger: this.#logger });
  }

  async #supervise(first: Membership): Promise<void> {
    const { signal } = this.#disposing;
    const disposing = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
    let failures = 0;
    for (let membership: Membership | undefined = first; membership !== undefined;) {
      const began = performance.now();
      await Promise.race([membership.lifeline.ended, disposing]);
      if (signal.aborted) return;
      this.#logger.warn('the embedded PostgreSQL ended by itself: starting it again');
      this.#membership = undefined;
      membership.lease[Symbol.dispose]();
      membership.lifeline.close();
      failures = performance.now() - began > HEALTHY ? 0 : failures;
      membership = this.#membership = await this.#restart(failures);
      failures += 1;
    }
  }

  /** Tries until it works; undefined when this process stops using the server meanwhile. */
  async #restart(failures: number): Promise<Membership | undefined> {
    const { signal } = this.#disposing;
    for (let attempt = failures; !signal.aborted; attempt += 1) {
      try {
        // At once after the first failure, then 100, 200, 400 … ms.
        const wait = attempt === 0 ? 0 : Math.min(MAX_BACK_OFF, 50 * 2 ** attempt);
        await delay(wait, undefined, { signal, ref: false });
        const options = { paths: this.#paths, logger: this.#logger, known: this.#credentials, signal };
        const membership = await joinOrStart(options);
        this.#checkUrl(membership);
        return membership;
      } catch (error) {
        if (!signal.aborted) this.#logger.error({ err: error }, 'the embedded PostgreSQL can’t be started again yet');
      }
    }
    return undefined;
  }

  /** While no process held a lease, another process may have had to choose another socket or password. */
  #checkUrl({ credentials }: Membership): void {
    if (databaseUrl(credentials, this.#role) === this.url) return;
    this.#logger.error('the embedded PostgreSQL came back with another socket or password: restart this process');
  }
}
