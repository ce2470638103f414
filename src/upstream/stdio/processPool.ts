import { setTimeout as delay } from 'node:timers/promises';
import type { Principal } from '../../auth/principal.ts';
import type { CallRegister } from '../../calls/callRegister.ts';
import { steadyClock, systemClock, type Clock } from '../../clock.ts';
import { AppError } from '../../errors/appError.ts';
import type { LiveServer } from '../../live/liveServer.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Era } from '../../mcp/eras.ts';
import type { ClientFacts, Upstream } from '../upstream.ts';
import { Crashes } from './crashes.ts';
import { FailedStarts } from './failedStarts.ts';
import { openStdio } from './openStdio.ts';
import { groupOf, isolationOf, type ProcessUser } from './processSharing.ts';
import { ProgramSlots, type Claim, type FullBy, type SlotLimits } from './programSlots.ts';
import { PooledProcess } from './pooledProcess.ts';
import type { ProcessState } from './processState.ts';
import type { Program } from './program.ts';
import type { ProgramSpec, Programs } from './programs.ts';
import { ServerJournal, type JournalListeners } from './serverJournal.ts';
import type { StderrLine } from './stderrLog.ts';
import type { StdioSettings } from './stdioSettings.ts';

export interface ProcessPoolOptions {
  readonly programs: Pick<Programs, 'start'>;
  /** Processes that outlive a session stand in it, so that what cuts a key's or a server's streams ends them, too. */
  readonly register: Pick<CallRegister, 'open'>;
  readonly settings: StdioSettings;
  readonly limits: SlotLimits;
  /** How the gateway calls itself to a server that several clients share. */
  readonly clientInfo: ClientFacts['clientInfo'];
  readonly logger: Logger;
  /** (Default: that of the system) */
  readonly clock?: Clock;
  /** Never goes back. (Default: that of the process) */
  readonly steadyClock?: Clock;
  /** Called when a server sends that a list of its has changed. */
  readonly onListChanged?: ((server: string) => void) | undefined;
}

export interface ProcessRequest {
  readonly client: ClientFacts;
  /** That of the client. Undefined: any. */
  readonly era: Era | undefined;
  /** (Default: our own program, with a process of its own) */
  readonly user?: ProcessUser | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A process of a server, as faces show it. */
export interface ProcessReport extends ProcessState {
  readonly sharedBy: PooledProcess['sharedBy'];
  /** Sessions, and calls without one, that have it now. */
  readonly holders: number;
}

/** What is known of a server's processes here. */
export interface ServerProcesses {
  readonly processes: readonly ProcessReport[];
  /** Its last start failed, at once. */
  readonly failedStart:
    | { readonly since: number; readonly retryAt: number; readonly failures: number; readonly reason: string }
    | undefined;
}

/** No key stands behind a process that all keys share. */
const NOBODY: Principal = {
  keyId: 'system:gateway',
  keyName: 'the gateway',
  scopes: new Set(),
  grants: { patterns: ['*'], forServer: () => 'all' },
  key: undefined,
};

const ALONE: ProcessUser = { principal: NOBODY, inSession: true };

/**
 * The processes of this gateway's servers on stdio, and who shares which: a session has one of its own, or a key has one, or all
 * share one, as the server is configured. One that several may use is kept warm when nobody holds it, until it has been idle for
 * long; its slot is given to others when there is none left.
 */
export class ProcessPool implements AsyncDisposable {
  readonly journal: ServerJournal;
  readonly #options: ProcessPoolOptions;
  readonly #clock: Clock;
  readonly #slots: ProgramSlots;
  readonly #failed: FailedStarts;
  readonly #crashes: Crashes;
  readonly #all = new Set<PooledProcess>();
  readonly #shared = new Map<string, Set<PooledProcess>>();
  /** Those that end. */
  readonly #ending = new Set<Promise<void>>();

  constructor(options: ProcessPoolOptions, listeners: JournalListeners = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#slots = new ProgramSlots(options.limits);
    const { waitMs, healthyMs } = options.settings.restarts;
    const steady = options.steadyClock ?? steadyClock;
    this.#failed = new FailedStarts({ clock: this.#clock, steadyClock: steady, waitMs });
    this.#crashes = new Crashes(steady, { waitMs, forgetMs: healthyMs });
    this.journal = new ServerJournal(options.settings.stderr, this.#clock, listeners);
  }

  /**
   * Gives an Upstream over a process that this user may share, or over a new one.
   * @throws UpstreamError; Unavailable `upstream-start-failed`, `too-many-programs`, …; Limited; the reason of the signal
   */
  async open(server: LiveServer, request: ProcessRequest): Promise<Upstream> {
    const { era, signal } = request;
    const group = groupOf(server, request.client, request.user ?? ALONE);
    if (group === undefined) return await this.#start(server, request, undefined).hold(signal);
    for (;;) {
      const others = [...(this.#shared.get(group) ?? [])];
      const fitting = others.find((process) => process.serves(era));
      if (fitting !== undefined) return await fitting.hold(signal);
      // Its server may turn out to speak one era only, and then it serves this client, too.
      const opening = others.find((process) => process.isOpening);
      if (opening === undefined) break;
      await opening.settled(signal);
      signal?.throwIfAborted();
    }
    const process = this.#start(server, request, group);
    const upstream = await process.hold(signal);
    const twin = [...(this.#shared.get(group) ?? [])].find((other) => other !== process && other.serves(process.era));
    if (!process.isOfOneEra || twin === undefined) return upstream;
    // The server is of one era, and a process in it was there already.
    twin.isOfOneEra = true;
    await upstream[Symbol.asyncDispose]();
    void process.end();
    return await twin.hold(signal);
  }

  /** A server has changed or gone: what was opened for it is given to nobody else, and ends when its holders have let go. */
  retire(name: string, now: LiveServer | undefined): void {
    this.#failed.forgetAll(name);
    this.#crashes.forget(`${name} `);
    for (const process of this.#of(name)) if (process.server !== now) process.retire();
    if (now === undefined) this.journal.forget(name);
  }

  /** Stops the processes of a server and starts them anew, those that were given up, too. @throws why one does not start */
  async restart(name: string): Promise<number> {
    this.#failed.forgetAll(name);
    this.#crashes.forget(`${name} `);
    const processes = this.#of(name).filter((process) => !process.isEnded && !process.isOpening);
    const restarts = await Promise.allSettled(processes.map((process) => process.restart()));
    const failed = restarts.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return processes.length;
  }

  processesOf(name: string): ServerProcesses {
    const processes = this.#of(name).map(({ state, sharedBy, holders }) => ({ ...state, sharedBy, holders }));
    return { processes, failedStart: this.#failed.of(name) };
  }

  /** The processes of all servers. */
  *states(): Generator<{ readonly server: string; readonly status: ProcessState['status'] }> {
    for (const { server, state } of this.#all) yield { server: server.name, status: state.status };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#all].map((process) => process.end()));
    await Promise.all(this.#ending);
  }

  #of(name: string): PooledProcess[] {
    return [...this.#all].filter(({ server }) => server.name === name);
  }

  #start(server: LiveServer, request: ProcessRequest, group: string | undefined): PooledProcess {
    this.#failed.check(server);
    for (const other of this.#of(server.name)) if (other.server.revision < server.revision) other.retire();
    const { era, user = ALONE } = request;
    const sharedBy = group === undefined ? 'session' : isolationOf(server) === 'shared' ? 'shared' : 'key';
    const process = new PooledProcess({
      server,
      sharedBy,
      principal: sharedBy === 'shared' ? NOBODY : user.principal,
      era,
      state: { status: 'stopped', since: this.#clock(), failures: 0 },
      open: (pooled, signal) => this.#open(pooled, request, signal),
      onEnd: (ended) => {
        this.#all.delete(ended);
        if (group !== undefined) this.#leave(group, ended);
        const ending = ended.end().finally(() => this.#ending.delete(ending));
        this.#ending.add(ending);
      },
    });
    if (group !== undefined) {
      try {
        process.leaveRegister = this.#options.register.open(process);
      } catch (error) {
        void process.end();
        throw error;
      }
      const others = this.#shared.get(group) ?? new Set();
      this.#shared.set(group, others.add(process));
    }
    this.#all.add(process);
    return process;
  }

  #leave(group: string, process: PooledProcess): void {
    const others = this.#shared.get(group);
    others?.delete(process);
    if (others?.size === 0) this.#shared.delete(group);
  }

  async #open(process: PooledProcess, { client, era }: ProcessRequest, signal: AbortSignal) {
    const { server, sharedBy, principal } = process;
    const { name, timeouts, limits, program } = server;
    if (program === undefined) throw new TypeError('a server on stdio has a program');
    const { settings, clientInfo, logger, onListChanged } = this.#options;
    const claim = { server: name, keyId: sharedBy === 'shared' ? undefined : principal.keyId };
    const user = `${name} ${principal.keyId}`;
    const facts = {
      clientInfo: sharedBy === 'session' ? client.clientInfo : clientInfo,
      capabilities: sharedBy === 'shared' ? {} : client.capabilities,
    };
    try {
      const waitMs = this.#crashes.waitMs(user);
      if (waitMs > 0) await delay(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
      signal.throwIfAborted();
      const upstream = await openStdio(
        { ...program, name, timeouts, limits },
        {
          programs: { start: (spec) => this.#startProgram(spec, claim) },
          client: facts,
          logger,
          onListChanged: () => onListChanged?.(name),
          signal,
          settings: {
            ...settings,
            idleStopMs: timeouts.idleStopMs ?? settings.idleStopMs,
            restarts: { ...settings.restarts, most: limits.restarts ?? settings.restarts.most },
          },
          clock: this.#clock,
          onState: (state) => {
            process.note(state);
            if (state.status === 'restarting' || state.status === 'given-up') this.#crashes.note(user);
            this.journal.state(name, { ...state, sharedBy });
          },
          onLine: (line: StderrLine) => this.journal.line(name, line),
        },
        era,
      );
      this.#failed.forget(server);
      return upstream;
    } catch (error) {
      const isItsFault = !signal.aborted && error instanceof AppError && error.code !== 'too-many-programs';
      if (isItsFault) this.#failed.note(server, error);
      throw error;
    }
  }

  /** Starts a program where there is a slot for it; an idle one gives way. */
  async #startProgram(spec: ProgramSpec, claim: Claim): Promise<Program> {
    for (;;) {
      const full = this.#slots.fullBy(claim);
      if (full === undefined) break;
      const idle = this.#idlest(claim, full);
      if (idle === undefined) throw this.#slots.refusal(claim, full);
      await idle.end();
    }
    const release = this.#slots.take(claim);
    try {
      const program = await this.#options.programs.start(spec);
      void program.swept.finally(release);
      return program;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Of the processes that nobody holds and whose slot would do, the one that has run for the longest. */
  #idlest({ server, keyId }: Claim, by: FullBy): PooledProcess | undefined {
    return [...this.#all]
      .filter(({ holders, state }) => holders === 0 && state.status === 'running')
      .filter((process) => by !== 'server' || process.server.name === server)
      .filter((process) => by !== 'key' || (process.sharedBy === 'key' && process.principal.keyId === keyId))
      .toSorted((a, b) => a.state.since - b.state.since)[0];
  }
}
