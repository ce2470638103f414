import { isatty } from 'node:tty';
import { parseArgs } from 'node:util';
import { CLI_HERE } from './cliName.ts';
import { endProcess } from './endProcess.ts';
import { runGateway } from './run.ts';
import { reportSettings } from './settingsReport.ts';
import { VERSION } from './version.ts';
import { WorkerLink } from './workers/workerLink.ts';
import type { WorkerProgram } from './workers/workerProcess.ts';

const USAGE = `metamcp ${VERSION}: one gateway and one key in front of all your MCP servers

usage: metamcp [--config FILE] [--workers N]    starts the gateway, with N processes that share its port
       metamcp check [--config FILE] [--workers N] [--json]   shows the settings that count, and tries what they name
       metamcp cli …                                 administers keys and servers, as metamcp-cli does

Settings come from the environment, .env and the file (see docs/configuration.md);
keys and servers are administered with the CLI: ${CLI_HERE} --help`;

async function main(): Promise<void> {
  const { values, positionals } = readArguments();
  const { config: configFile, workers, help, version, json = false } = values;
  if (help === true || version === true) {
    console.log(help === true ? USAGE : VERSION);
    return;
  }

  if (values.worker === true) {
    await endProcess(await runWorker(configFile));
    return;
  }

  // Without a listener, Node would open its debugger; a supervisor rolls its workers (src/supervise.ts).
  process.on('SIGUSR1', () => undefined);
  const stopping = new AbortController();
  if (positionals.length > 0) {
    const { env, stdout } = process;
    await endProcess(await reportSettings({ configFile, workers, env, cwd: process.cwd(), json, stdout }));
    return;
  }

  // A terminal that is closed says so with SIGHUP; for a gateway without one, it means to read the settings again.
  const isInTerminal = isatty(0);
  const stopped = stopSignal(isInTerminal ? ['SIGINT', 'SIGTERM', 'SIGHUP'] : ['SIGINT', 'SIGTERM']).then((signal) => {
    stopping.abort();
    return signal;
  });
  const { stderr, env } = process;
  const code = await runGateway({
    configFile,
    workers,
    env,
    cwd: process.cwd(),
    stderr,
    program: workerProgram(configFile, workers),
    isTerminal: stderr.isTTY,
    rereadsOnHangUp: !isInTerminal,
    stopping: stopping.signal,
    stopped,
  });
  await endProcess(code);
}

/** How a worker is started: anew from where this program is, so that an upgrade is taken in. */
function workerProgram(configFile: string | undefined, workers: string | undefined): WorkerProgram {
  const [, script = ''] = process.argv;
  const args = ['--worker', ...(configFile === undefined ? [] : ['--config', configFile])];
  // The service manager is told by the supervisor.
  const { NOTIFY_SOCKET: _, WATCHDOG_USEC: _usec, WATCHDOG_PID: _pid, ...env } = process.env;
  return { command: [script, ...args], cwd: process.cwd(), env: { ...env, ...(workers && { WORKERS: workers }) } };
}

/** Runs one of the processes that a supervisor has started. */
async function runWorker(configFile: string | undefined): Promise<number> {
  // Ctrl-C comes to the whole group of processes; the supervisor says when to stop.
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => undefined);
  const link = await WorkerLink.open();
  const stopping = new AbortController();
  const { promise: terminated, resolve } = Promise.withResolvers<string>();
  process.on('SIGTERM', resolve);
  const stopped = Promise.race([link.stopped, terminated]);
  void stopped.then(() => stopping.abort());
  const { stderr, env } = process;
  return runGateway({ configFile, env, cwd: process.cwd(), stderr, worker: link, stopping: stopping.signal, stopped });
}

/** A signal so soon after another, in milliseconds, is the same one: the terminal sends it to the group, and npm forwards it. */
const FORWARDED_MS = 1_000;

/**
 * Waits for the signal to stop. A second one ends the process at once, without waiting for calls to end.
 */
function stopSignal(signals: readonly NodeJS.Signals[]): Promise<string> {
  return new Promise((resolve) => {
    let stoppedAt: number | undefined;
    for (const signal of signals) {
      // Not once(): without a listener, a signal ends the process at once.
      process.on(signal, () => {
        if (stoppedAt === undefined) resolve(signal);
        else if (performance.now() - stoppedAt > FORWARDED_MS) process.exit(1);
        stoppedAt ??= performance.now();
      });
    }
  });
}

function readArguments() {
  try {
    const parsed = parseArgs({
      options: {
        config: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
        json: { type: 'boolean' },
        workers: { type: 'string' },
        worker: { type: 'boolean' },
      },
      allowPositionals: true,
    });
    const isCheck = parsed.positionals[0] === 'check';
    if (parsed.positionals.length > (isCheck ? 1 : 0))
      throw new TypeError(`unknown command: ${parsed.positionals.join(' ')}`);
    if (parsed.values.json === true && !isCheck) throw new TypeError('--json is of metamcp check');
    return parsed;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

await main();
