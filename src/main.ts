#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { CLI_HERE } from './cliName.ts';
import { endProcess } from './endProcess.ts';
import { runGateway } from './run.ts';
import { VERSION } from './version.ts';

const USAGE = `metamcp ${VERSION}: one gateway and one key in front of all your MCP servers

usage: metamcp [--config FILE]

Starts the gateway. Settings come from the environment, .env and the file (see .env.example);
keys and servers are administered with the CLI: ${CLI_HERE} --help`;

async function main(): Promise<void> {
  const { config: configFile, help, version } = readArguments();
  if (help === true || version === true) {
    console.log(help === true ? USAGE : VERSION);
    return;
  }

  const stopping = new AbortController();
  const stopped = stopSignal().then((signal) => {
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
    stopping: stopping.signal,
    stopped,
  });
  await endProcess(code);
}

/** A signal so soon after another, in milliseconds, is the same one: the terminal sends it to the group, and npm forwards it. */
const FORWARDED_MS = 1_000;

/** Waits for the signal to stop. A second one ends the process at once, without waiting for calls to end. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let stoppedAt: number | undefined;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
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
    return parseArgs({
      options: {
        config: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

await main();
