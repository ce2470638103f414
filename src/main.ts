#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { readSettings } from './settings/settings.ts';
import { AppError } from './errors/appError.ts';
import { exitCodeOf } from './exitCode.ts';
import { foreignFault } from './foreignFault.ts';
import { startGateway } from './gateway.ts';
import { createLogger } from './logging/logger.ts';
import { reasonOf } from './errors/reason.ts';
import { openStores } from './stores/stores.ts';
import { VERSION } from './version.ts';

const USAGE = `metamcp ${VERSION}: one gateway and one key in front of all your MCP servers

usage: metamcp [--config FILE]

Starts the gateway. Settings come from the environment, .env and the file (see .env.example);
keys and servers are administered with metamcp-cli.`;

async function main(): Promise<void> {
  const { settings: configFile, help, version } = readArguments();
  if (help === true || version === true) {
    console.log(help === true ? USAGE : VERSION);
    return;
  }

  const settings = readSettings({ configFile });
  const logger = createLogger(settings.logLevel);
  const stopping = new AbortController();
  const stop = stopSignal().then((signal) => {
    stopping.abort();
    return signal;
  });
  await using stores = await openStores({ settings, logger, applicationName: 'metamcp gateway' });
  await using gateway = await startGateway({ settings, stores, logger, stopping: stopping.signal });
  logger.info(
    { url: gateway.url, home: settings.databaseUrl === undefined ? settings.home : undefined },
    'MetaMCP is ready',
  );
  logger.info({ signal: await stop }, 'stopping');
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
        settings: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

try {
  await main();
} catch (failure) {
  const error = foreignFault(failure) ?? failure;
  // An AppError is printed as one sentence with its code and cause, a bug with its stack.
  if (!(error instanceof AppError)) console.error(error);
  else {
    const reason = error.kind === 'unavailable' ? reasonOf(error.cause) : undefined;
    console.error(`metamcp: ${error.message} (${reason === undefined ? error.code : `${error.code}: ${reason}`})`);
  }
  process.exitCode = exitCodeOf(error);
}
