import type { CallRegister } from '../calls/callRegister.ts';
import type { Circuits } from '../calls/circuits.ts';
import type { ServerLoad } from '../calls/serverLoad.ts';
import type { Front } from '../front/front.ts';
import type { PoolState } from '../postgres/database.ts';
import type { ParkedBudget } from '../upstream/bridge/parkedBudget.ts';
import type { ProcessPool } from '../upstream/stdio/processPool.ts';
import type { UsageRecorder } from '../usage/recorder.ts';
import { alone, byLabel, type Metric, type Series } from './metric.ts';

/** The parts of a gateway whose state is shown. Reading them costs no statement of SQL. */
export interface StateSources {
  readonly front: Pick<Front, 'load'>;
  /** Undefined: there is no TLS. */
  readonly certificate: { readonly pair: { readonly endsAt: number } } | undefined;
  readonly register: Pick<CallRegister, 'load' | 'bodyBytes'>;
  readonly circuits: Pick<Circuits, 'states'>;
  readonly processes: Pick<ProcessPool, 'states'>;
  readonly parked: Pick<ParkedBudget, 'calls' | 'bytes'>;
  readonly db: { readonly pool: PoolState };
  /** Undefined: no usage is recorded. */
  readonly usage: Pick<UsageRecorder, 'lost' | 'unwritten'> | undefined;
  /** Tells whether what memory holds of keys and servers is known to be true. */
  readonly invalidations: { readonly trusted: boolean };
  readonly registered: () => ReadonlySet<string> | undefined;
}

/** What uses no single server. */
const NO_SERVER = '(none)';

const CIRCUIT = { 'half-open': 1, open: 2 } as const;

const PROCESS_STATES = ['starting', 'running', 'restarting', 'stopped', 'given-up'] as const;

/** Makes the metrics of what a gateway holds now. */
export function stateMetrics(sources: StateSources): readonly Metric[] {
  const { front, certificate, register, circuits, processes, parked, db, usage, invalidations, registered } = sources;

  function* atServers(what: (load: ServerLoad) => number): Generator<Series> {
    const names = registered();
    for (const load of register.load()) {
      const { server = NO_SERVER } = load;
      if (server === NO_SERVER || names?.has(server) !== false) yield { values: [server], value: what(load) };
    }
  }

  function* ofProcesses(): Generator<Series> {
    const counts = new Map<string, Map<string, number>>();
    for (const { server, status } of processes.states()) {
      const byStatus = counts.get(server) ?? new Map<string, number>(PROCESS_STATES.map((state) => [state, 0]));
      counts.set(server, byStatus.set(status, (byStatus.get(status) ?? 0) + 1));
    }
    for (const [server, byStatus] of counts) {
      for (const [status, value] of byStatus) yield { values: [server, status], value };
    }
  }

  function* ofCircuits(): Generator<Series> {
    const states = circuits.states();
    for (const server of registered() ?? states.keys()) {
      const state = states.get(server);
      yield { values: [server], value: state === undefined ? 0 : CIRCUIT[state] };
    }
  }

  return [
    gauge('metamcp_calls_running', 'Calls under way.', ['server'], () => atServers(({ calls }) => calls)),
    gauge('metamcp_streams_open', 'Standing streams of clients, those of feeds under (none).', ['server'], () =>
      atServers(({ streams }) => streams),
    ),
    gauge(
      'metamcp_sessions_held',
      'Conversations with a server that outlive calls: of legacy sessions, and of keys. Under (none): sessions at /mcp.',
      ['server'],
      () => atServers(({ held }) => held),
    ),
    gauge(
      'metamcp_server_circuit_state',
      'The circuit of a server: 0 closed, 1 half-open, 2 open.',
      ['server'],
      ofCircuits,
    ),
    gauge('metamcp_server_processes', 'Processes of servers on stdio, by status.', ['server', 'status'], ofProcesses),
    gauge('metamcp_parked_calls', 'Calls of modern clients that wait for input at legacy servers.', [], () =>
      alone(parked.calls),
    ),
    gauge(
      'metamcp_buffered_bytes',
      'Bytes held in memory: bodies and answers that are read whole, what parked calls have been sent, and what clients have not taken.',
      ['what'],
      () =>
        byLabel([
          ['bodies', register.bodyBytes],
          ['parked', parked.bytes],
          ['unsent', front.load.unsentBytes],
        ]),
    ),
    gauge('metamcp_http_connections', 'Connections of clients.', [], () => alone(front.load.connections)),
    gauge('metamcp_http_requests_waiting', 'Requests that were sent ahead on their connections, and wait.', [], () =>
      alone(front.load.waiting),
    ),
    counter('metamcp_http_connections_refused_total', 'Connections for which there was no room.', () =>
      alone(front.load.refused),
    ),
    gauge(
      'metamcp_tls_certificate_expires_seconds',
      'When the certificate that the gateway shows, or one of its chain, ends, in seconds since 1970; without TLS it is absent.',
      [],
      () => alone(certificate && certificate.pair.endsAt / 1_000),
    ),
    gauge('metamcp_postgres_connections', 'Connections of the pool to PostgreSQL, by what they do.', ['state'], () => {
      const { connections, idle } = db.pool;
      return byLabel([
        ['busy', connections - idle],
        ['idle', idle],
      ]);
    }),
    gauge('metamcp_postgres_connections_max', 'Connections that the pool may have.', [], () => alone(db.pool.max)),
    gauge('metamcp_postgres_waiting', 'Statements and transactions that wait for a connection.', [], () =>
      alone(db.pool.waiting),
    ),
    gauge(
      'metamcp_memory_trusted',
      '1 while changes of keys and servers arrive, so that calls are served from memory; else each of them reads the tables.',
      [],
      () => alone(invalidations.trusted ? 1 : 0),
    ),
    counter('metamcp_usage_lost_calls_total', 'Calls that will never be counted in the usage.', () =>
      alone(usage?.lost),
    ),
    gauge('metamcp_usage_unwritten', 'Counters of usage that PostgreSQL has not confirmed yet.', [], () =>
      alone(usage?.unwritten),
    ),
  ];
}

function gauge(name: string, help: string, labels: readonly string[], series: Metric['series']): Metric {
  return { name, type: 'gauge', help, labels, series };
}

function counter(name: string, help: string, series: Metric['series']): Metric {
  return { name, type: 'counter', help, labels: [], series };
}
