import type { RequirementsOf } from './requirement.ts';

/** What an operator may rely on when something is lost. */
export const operations = {
  'ops-recovery': {
    requirement: 'Each step of the disaster recovery that the documentation shows leads to a whole installation.',
    source: 'docs/operating.md',
  },
  'ops-random-faults': {
    requirement:
      'Whatever breaks in whichever order, nothing acknowledged is lost, nobody is let in after a confirmed revocation, ' +
      'verifying tells the truth, and there is a documented way back.',
    source: 'docs/operating.md',
  },
  'ops-cluster-rolling-restart': {
    requirement: 'A rolling restart of three nodes over TLS ends no gateway and leaves no call unanswered.',
    source: 'docs/eventstoredb.md, Clusters',
  },
  'ops-cluster-certificates': {
    requirement: 'The nodes’ certificates are renewed without a restart of nodes or gateways.',
    source: 'docs/eventstoredb.md, Clusters',
  },
  'ops-cluster-report': {
    requirement:
      'What is reported to be so already is in force on every gateway, whatever these follow the events over.',
    source: 'docs/architecture.md, Write path',
  },
  'ops-cluster-former-leader': {
    requirement:
      'A subscription leaves a node of a cluster that leads no more or hangs, of itself and whenever a read was redirected.',
    source: 'docs/eventstoredb.md, Clusters; docs/adr/0014',
  },
  'ops-cluster-who-leads': {
    requirement:
      'The node of a cluster that is used is the one that most nodes name as their leader, once it says so itself: what a node shows that leads no more, or not yet, is not read.',
    source: 'docs/eventstoredb.md, Clusters',
  },
  'ops-cluster-discovery': {
    requirement: 'A cluster is found through any of several hosts; a single name is as good as the node behind it.',
    source: 'docs/eventstoredb.md, Clusters',
  },
  'ops-access-log': {
    requirement:
      'Each call has one line in the log: by which key, to what, with which outcome; it costs little, however odd its names.',
    source: 'docs/operating.md, Logs',
  },
  'ops-repeated-failures': {
    requirement: 'What fails again and again is logged when it begins, and then by the number of the times.',
    source: 'docs/operating.md, Logs',
  },
  'ops-readable-log': {
    requirement: 'On a terminal the log is text, with what to do next; a stack is shown for bugs only.',
    source: 'docs/operating.md, Logs',
  },
  'ops-log-secrets': {
    requirement: 'No API key and no token leaves with a line of the log.',
    source: 'SECURITY.md; docs/operating.md, Logs',
  },
  'ops-request-id': {
    requirement:
      'Each answer names its request by an id that the log has, too; a client or a proxy may name it before.',
    source: 'docs/operating.md, Logs',
  },
  'ops-log-level': {
    requirement: 'What a running gateway logs can be changed by the CLI and by a signal.',
    source: 'docs/operating.md, Logs',
  },
  'ops-log-unread': {
    requirement: 'A log that nobody reads holds up no call.',
    source: 'docs/operating.md, Logs',
  },
  'ops-traces': {
    requirement:
      'What a call or a change goes through is told to a collector of OpenTelemetry, in the trace of its client, and passed on to servers.',
    source: 'docs/operating.md, Traces',
  },
  'ops-traces-secrets': {
    requirement: 'Keys and tokens are in no span, wherever a client puts them.',
    source: 'docs/operating.md, Traces',
  },
  'ops-traces-lost': {
    requirement: 'Spans that a collector does not take are told in the log, once, and are lost without harm.',
    source: 'docs/operating.md, Traces',
  },
  'ops-gateway-options': {
    requirement:
      'The gateway takes the options that its help and the README name, and refuses others with exit code 2.',
    source: 'README.md',
  },
  'ops-ends': {
    requirement:
      'A command, and a gateway that is stopped, end with the right exit code and all of their output, whatever hangs.',
    source: 'docs/operating.md',
  },
  'ops-password-kept': {
    requirement: 'A program that answers in place of PostgreSQL never gets the password, however it asks.',
    source: 'docs/adr/0017',
  },
  'ops-session-settings': {
    requirement:
      'Whatever a role, a database or a PG* variable sets, the product starts, appends, projects and answers right.',
    source: 'docs/adr/0017',
  },
  'ops-pooler': {
    requirement:
      'A connection pooler that does not keep sessions is refused, at the start and at every reconnection; one in session mode works.',
    source: 'docs/adr/0005',
  },
  'ops-surroundings': {
    requirement:
      'Whatever is wrong with the database, the state folder, the settings or the disk is told in a sentence that says what to do.',
    source: 'docs/troubleshooting.md, When something fails',
  },
  'ops-hostile-costs': {
    requirement:
      'Whatever a body, an answer or a server makes cost more than its bytes tell, a gateway with a small heap survives and serves.',
    source: 'SECURITY.md, What a key, or a server, can make the gateway hold',
  },
  'ops-stdio-state': {
    requirement:
      'What the processes of a server on stdio do, and why not, shows over REST; they are restarted by who may change the server.',
    source: 'docs/operating.md, Servers on stdio',
  },
  'ops-stdio-log': {
    requirement:
      'What a server prints on its standard error shows in REST, the feed and the CLI: bounded, without control characters or its secrets.',
    source: 'docs/operating.md, Servers on stdio; MCP 2025-11-25, basic/transports, stdio',
  },
  'ops-reverse-proxy': {
    requirement:
      'Behind nginx that buffers, set as the document shows, each event arrives when it is sent, in each lane.',
    source: 'docs/operating.md, Behind a reverse proxy; MCP 2026-07-28, basic/transports/streamable-http',
  },
  'ops-server-health': {
    requirement:
      'Whether a server answers is known by the calls of clients, over any transport and through the aggregate.',
    source: 'docs/operating.md',
  },
  'ops-stdio-exec': {
    requirement: 'Over HTTP, only a key with the scope servers:exec decides which program is run.',
    source: 'SECURITY.md',
  },
  'ops-stdio-nothing-left': {
    requirement:
      'Of sessions that are abandoned, programs that end and gateways that are killed, no process, zombie or open file is left.',
    source: 'docs/operating.md, Servers on stdio; docs/adr/0023',
  },
  'ops-stdio-alone': {
    requirement: 'A server on stdio that hangs, crashes, floods or prints garbage is noticed by no other one.',
    source: 'docs/operating.md, Servers on stdio',
  },
  'ops-stdio-bounded': {
    requirement: 'A key, a server and the gateway run so many programs and no more; the refusal says how to go on.',
    source: 'docs/operating.md, Servers on stdio',
  },
  'ops-soak': {
    requirement:
      'Mixed load leaves nothing behind once it has ended, neither streams, programs, descriptors, timers nor memory, and usage ' +
      'and metrics have each call once.',
    source: 'docs/operating.md, Soak',
  },
  'ops-metrics': {
    requirement: 'What a gateway does, holds and waits for is shown as metrics, in the formats of Prometheus.',
    source: 'docs/ops/README.md, Metrics',
  },
  'ops-metrics-limits': {
    requirement:
      'Each refusal for a limit is counted once, by its code; it is in the log as the line of its call, or as one of its own where it is no call.',
    source: 'docs/ops/README.md, Metrics; docs/troubleshooting.md',
  },
  'ops-metrics-bounded': {
    requirement:
      'The number of series depends on the servers that are registered alone, whatever clients and servers make up.',
    source: 'docs/ops/README.md, Metrics',
  },
  'ops-memory-bounded': {
    requirement:
      'However a gateway is started, what V8 and glibc keep of memory that is not in use has a bound, or that which its operator sets.',
    source: 'docs/performance.md, Memory; docs/adr/0035',
  },
  'ops-protocol-told': {
    requirement: 'The log of calls and the metrics tell what carried a call, HTTP/1.1 or HTTP/2.',
    source: 'docs/operating.md, Logs; docs/ops/README.md',
  },
  'ops-metrics-closed': {
    requirement: 'There are no metrics unless a listener of their own is set up, which takes nothing but reading.',
    source: 'docs/ops/README.md, Metrics; docs/adr/0025',
  },
  'ops-metrics-outage': {
    requirement: 'Metrics are answered while a store is away, and show that it is.',
    source: 'docs/ops/README.md, Metrics',
  },
  'ops-metrics-documented': {
    requirement: 'The document has each metric, and the dashboard and the alerts use none that there is not.',
    source: 'docs/ops/README.md, Metrics',
  },
  'ops-metrics-prometheus': {
    requirement: 'A Prometheus scrapes a gateway, answers from what it has read, and accepts the alerts.',
    source: 'docs/ops/README.md, Alerts',
  },
  'ops-settings-strict': {
    requirement: 'A member of metamcp.toml that does not exist is an error with its line and the nearest one.',
    source: 'docs/configuration.md',
  },
  'ops-settings-faults': {
    requirement:
      'All faults of the settings are told at once: the name, the value (never of a secret) and what is allowed.',
    source: 'docs/configuration.md',
  },
  'ops-settings-strange': {
    requirement: 'A variable that looks like a setting and is none is warned of; others’ variables are not.',
    source: 'docs/configuration.md',
  },
  'ops-settings-documented': {
    requirement: 'Each of docs/configuration.md and .env.example has every setting, as it is defined.',
    source: 'docs/configuration.md',
  },
  'ops-settings-hold': {
    requirement: 'The log of calls can be turned off, and traces that begin here are kept as the share says.',
    source: 'docs/configuration.md',
  },
  'ops-reread': {
    requirement:
      'SIGHUP has a gateway read its settings again, unless it runs in a terminal, whose end it is; wrong ones change nothing.',
    source: 'docs/operating.md, Change settings while it runs',
  },
  'ops-service-manager': {
    requirement:
      'A service manager that asks for it is told of the start, of each reading of the settings, and of the stop.',
    source: 'docs/operating.md, With systemd',
  },
  'ops-check': {
    requirement:
      'What is effective, where it comes from, and whether what it names is there, is shown without a change and without a secret.',
    source: 'docs/operating.md, Check the settings',
  },
  'ops-rolling': {
    requirement: 'Gateways behind a load balancer are restarted one after the other, and no call fails.',
    source: 'docs/operating.md, Upgrade',
  },
  'ops-mixed-versions': {
    requirement:
      'While gateways are upgraded, those of the older version stay ready for calls, and no command of the newer one changes the tables under them.',
    source: 'docs/operating.md, Upgrade',
  },
  'ops-helm': {
    requirement:
      'The chart gives the gateway settings that it accepts, time for its whole stop, and no right that it does not need.',
    source: 'docs/operating.md, On Kubernetes',
  },
  'ops-install': {
    requirement:
      'The package installs without a warning and without an install script, and starts by npx; messages name it as it was started.',
    source: 'README.md, Start',
  },
  'ops-old-node': {
    requirement:
      'A Node.js older than `engines` gets one sentence that names the version that is needed, and exit code 1.',
    source: 'README.md, Start',
  },
  'ops-unit': {
    requirement:
      'The unit for systemd waits longer than the gateway may take to stop, and gives it no right that it does not need.',
    source: 'docs/operating.md, With systemd',
  },
  'ops-stop': {
    requirement:
      'A gateway that stops is not ready first, serves until its clients have gone elsewhere, and exits with 0.',
    source: 'docs/operating.md, Start and stop',
  },
  'ops-workers': {
    requirement:
      'Workers share one port, and whatever a client goes on with goes on whichever worker its next connection comes to.',
    source: 'docs/operating.md, More than one core',
  },
  'ops-workers-once': {
    requirement: 'A program that several share runs once, however many workers there are.',
    source: 'docs/operating.md, More than one core',
  },
  'ops-workers-roll': {
    requirement: 'Workers are replaced under load, and no call of clients that keep their connections fails.',
    source: 'docs/operating.md, More than one core',
  },
  'ops-workers-crash': {
    requirement:
      'A worker that is killed takes the calls with it that it had, and nothing else; it is started again, and where none stays, the gateway ends and says so.',
    source: 'docs/operating.md, More than one core',
  },
  'ops-workers-metrics': {
    requirement: 'One scrape shows all workers, and no counter goes back when one of them is replaced or killed.',
    source: 'docs/operating.md, More than one core',
  },
  'ops-workers-end': {
    requirement: 'However the supervisor ends, its workers and their programs end, too.',
    source: 'docs/operating.md, More than one core',
  },
} as const satisfies RequirementsOf<'ops'>;
