import { LRUCache } from 'lru-cache';
import { isoTime, type Clock } from '../clock.ts';
import { AppError, Unavailable } from '../errors/appError.ts';
import { connectionName, type LiveServer } from '../live/liveServer.ts';
import { timedOut } from '../mcp/failures.ts';
import { isAnswer } from './serverHealth.ts';

/** Servers that are remembered: far more than anybody configures. */
const CAPACITY = 10_000;

/** How long a server may take to answer the gateway itself, where its own idle time-out is longer, in milliseconds. */
const LONGEST_CHECK_MS = 60_000;

export const DEFAULT_CIRCUIT_LIMITS = { failures: 5, retryMs: 10_000 };

/** Outcomes of a call that has found nobody, or got nothing. */
const UNANSWERED: ReadonlySet<string> = new Set(['upstream-unreachable', 'upstream-timeout', 'upstream-reset']);

/** Outcomes of a call that something has answered, although not as it should. */
const ANSWERED_BADLY: ReadonlySet<string> = new Set([
  'upstream-error',
  'upstream-not-mcp',
  'upstream-redirect',
  'upstream-too-large',
  'upstream-truncated',
  'upstream-unauthorized',
  'upstream-version',
]);

/** A circuit that is not closed. Times in milliseconds since the epoch. */
export interface OpenCircuit {
  /** `half-open`: a call may try the server, or does so now. */
  readonly state: 'open' | 'half-open';
  readonly since: number;
  /** Calls in a row that got no answer. */
  readonly failures: number;
  /** When a call may try the server. */
  readonly retryAt: number;
  /** A sentence. */
  readonly reason: string;
}

export interface CircuitsOptions {
  /** Of the times that are shown. */
  readonly clock: Clock;
  /** Never goes back. */
  readonly steadyClock: Clock;
  /** Calls in a row without an answer after which the server is asked by the gateway itself; 0: no circuit is ever opened. (Default: 5) */
  readonly failures?: number | undefined;
  /** How long calls are refused until one of them tries the server, in milliseconds. (Default: 10_000) */
  readonly retryMs?: number | undefined;
  /** Asks a server for a sign of life. @throws AppError why it gave none; the reason of the signal */
  readonly check: (server: LiveServer, signal: AbortSignal) => Promise<void>;
  /** Called when a circuit gets another state. Undefined: it is closed. */
  readonly onChange?: ((server: string, circuit: OpenCircuit | undefined) => void) | undefined;
}

interface Circuit {
  readonly server: string;
  failures: number;
  /** Undefined: it is closed, and calls have failed. */
  since: number | undefined;
  /** By the steady clock. */
  retryAt: number;
  isProbed: boolean;
  isChecked: boolean;
  reason: string;
}

/**
 * A circuit breaker for each server that is reached over HTTP or HTTP+SSE. When several calls in a row have found nobody, or got nothing, the
 * gateway asks the server itself; only if that gets no answer either, its circuit is open: a server that is slow with a few calls is not taken
 * from others, whoever makes those calls. What a program of a server on stdio does has its own limits (src/upstream/stdio/failedStarts.ts).
 */
export class Circuits {
  readonly #options: CircuitsOptions;
  #limits: typeof DEFAULT_CIRCUIT_LIMITS;
  /** Only those of which a call has failed. By connectionName: the credential of one key may fail for that key alone. */
  readonly #known = new LRUCache<string, Circuit>({ max: CAPACITY });

  constructor(options: CircuitsOptions) {
    this.#options = options;
    const { failures = DEFAULT_CIRCUIT_LIMITS.failures, retryMs = DEFAULT_CIRCUIT_LIMITS.retryMs } = options;
    this.#limits = { failures, retryMs };
  }

  /** Takes other limits; circuits that are open stay so until they are due. */
  changeLimits(limits: typeof DEFAULT_CIRCUIT_LIMITS): void {
    this.#limits = limits;
  }

  /** Checks that a server may be asked now. @throws Unavailable `server-circuit-open` */
  check(server: LiveServer): void {
    this.#due(server);
  }

  /** Lets a call begin. Where the circuit is half open it is the one that tries the server. @throws Unavailable `server-circuit-open` */
  enter(server: LiveServer): void {
    const circuit = this.#due(server);
    if (circuit === undefined) return;
    circuit.isProbed = true;
    // A probe that takes long, or whose client leaves, keeps nobody from trying again.
    circuit.retryAt = this.#options.steadyClock() + this.#limits.retryMs;
    this.#changed(circuit);
  }

  /** Takes in how a call has ended that reached out for the server. */
  note(server: LiveServer, outcome: string): void {
    // The usual case, on the path of each call.
    if (this.#known.size === 0 && outcome === 'ok') return;
    if (isAnswer(outcome) || ANSWERED_BADLY.has(outcome)) this.#close(connectionName(server));
    else if (UNANSWERED.has(outcome)) this.#failed(server);
  }

  /** Does something with a server of which nobody is refused, and takes in how that went. @throws what it throws */
  async follow<T>(server: LiveServer, work: () => Promise<T>): Promise<T> {
    try {
      const done = await work();
      this.note(server, 'ok');
      return done;
    } catch (error) {
      if (error instanceof AppError) this.note(server, error.code);
      throw error;
    }
  }

  /** The circuit of a server that is not closed; where it is so for the credential of a key alone, that one. */
  of(name: string): OpenCircuit | undefined {
    const circuit = [...this.#known.values()].find(({ server, since }) => server === name && since !== undefined);
    return circuit && this.#shown(circuit);
  }

  /** The circuits that are not closed, by server: of several of one server, an open one. */
  states(): ReadonlyMap<string, OpenCircuit['state']> {
    const states = new Map<string, OpenCircuit['state']>();
    for (const circuit of this.#known.values()) {
      if (circuit.since === undefined || states.get(circuit.server) === 'open') continue;
      states.set(circuit.server, this.#shown(circuit).state);
    }
    return states;
  }

  /** Forgets what is known of a server that was changed. */
  forget(name: string): void {
    for (const [id, { server }] of this.#known.entries()) if (server === name) this.#close(id);
  }

  /** Finds the circuit that waits for a probe; undefined where the server may be asked by all. */
  #due(server: LiveServer): Circuit | undefined {
    if (this.#known.size === 0) return undefined;
    const circuit = this.#known.get(connectionName(server));
    if (circuit?.since === undefined) return undefined;
    if (circuit.retryAt > this.#options.steadyClock()) throw this.#refusal(circuit);
    return circuit;
  }

  #failed(server: LiveServer): void {
    const { failures } = this.#limits;
    if (failures === 0 || server.transport === 'stdio') return;
    const id = connectionName(server);
    const circuit = this.#known.get(id) ?? newCircuit(server.name);
    this.#known.set(id, circuit);
    circuit.failures++;
    if (circuit.failures >= failures && !circuit.isChecked) void this.#ask(server, id, circuit);
  }

  async #ask(server: LiveServer, id: string, circuit: Circuit): Promise<void> {
    const { clock, steadyClock, check } = this.#options;
    circuit.isChecked = true;
    const silence = await silenceOf(server, check);
    circuit.isChecked = false;
    // It was changed, or has answered somebody else.
    if (this.#known.get(id) !== circuit) return;
    if (silence === undefined) {
      this.#close(id);
      return;
    }
    circuit.since ??= clock();
    circuit.retryAt = steadyClock() + this.#limits.retryMs;
    circuit.isProbed = false;
    circuit.reason = silence;
    this.#changed(circuit);
  }

  #close(id: string): void {
    const circuit = this.#known.get(id);
    if (circuit === undefined) return;
    this.#known.delete(id);
    if (circuit.since !== undefined) this.#options.onChange?.(circuit.server, undefined);
  }

  #changed(circuit: Circuit): void {
    this.#options.onChange?.(circuit.server, this.#shown(circuit));
  }

  #shown({ since = 0, failures, retryAt, isProbed, reason }: Circuit): OpenCircuit {
    const { clock, steadyClock } = this.#options;
    const leftMs = retryAt - steadyClock();
    const state = isProbed || leftMs <= 0 ? 'half-open' : 'open';
    return { state, since, failures, retryAt: clock() + leftMs, reason };
  }

  #refusal(circuit: Circuit): Unavailable {
    const { since, failures, retryAt, reason, state } = this.#shown(circuit);
    const { server } = circuit;
    const seconds = Math.max(1, Math.ceil((retryAt - this.#options.clock()) / 1_000));
    const when = `${state === 'half-open' ? 'One call tries it now; another one may' : 'It is tried again'} in ${String(seconds)} s.`;
    const message = `The server "${server}" has not answered ${String(failures)} calls in a row and is not asked since ${isoTime(since)}: ${reason} ${when} To test it: metamcp-cli servers test ${server}`;
    return new Unavailable('server-circuit-open', message, {
      data: { server, since: isoTime(since), failures, retryAt: isoTime(retryAt), retryAfterSeconds: seconds },
    });
  }
}

function newCircuit(server: string): Circuit {
  return { server, failures: 0, since: undefined, retryAt: 0, isProbed: false, isChecked: false, reason: '' };
}

/** Asks a server for a sign of life, and tells why it gave none; undefined: it has answered, with whatever. */
async function silenceOf(server: LiveServer, check: CircuitsOptions['check']): Promise<string | undefined> {
  const ms = Math.min(server.timeouts.idleMs, LONGEST_CHECK_MS);
  const signal = AbortSignal.timeout(ms);
  try {
    await check(server, signal);
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return UNANSWERED.has(error.code) ? error.message : undefined;
    return signal.aborted && error === signal.reason
      ? timedOut({ server: server.name }, 'idle', ms).message
      : undefined;
  }
}
