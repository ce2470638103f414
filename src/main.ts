import { isatty } from 'node:tty';
import { parseArgs } from 'node:util';
import { CLI_HERE } from './cliName.ts';
import { endProcess } from './endProcess.ts';
import { runGateway } from './run.ts';
import { reportSettings } from './settingsReport.ts';
import { VERSION } from './version.ts';

const USAGE = `metamcp ${VERSION}: one gateway and one key in front of all your MCP servers

usage: metamcp [--config FILE]               starts the gateway
       metamcp check [--config FILE] [--json]   shows the settings that count, and tries what they name
       metamcp cli …                         administers keys and servers, as metamcp-cli does

Settings come from the environment, .env and the file (see docs/configuration.md);
keys and servers are administered with the CLI: ${CLI_HERE} --help`;

async function main(): Promise<void> {
  const { values, positionals } = readArguments();
  const { config: configFile, help, version, json = false } = values;
  if (help === true || version === true) {
    console.log(help === true ? USAGE : VERSION);
    return;
  }

  const stopping = new AbortController();
  if (positionals.length > 0) {
    const { env, stdout } = process;
    await endProcess(await reportSettings({ configFile, env, cwd: process.cwd(), json, stdout }));
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
    env,
    cwd: process.cwd(),
    stderr,
    isTerminal: stderr.isTTY,
    rereadsOnHangUp: !isInTerminal,
    stopping: stopping.signal,
    stopped,
  });
  await endProcess(code);
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
