import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Logger } from './logging/logger.ts';

/** Tells the service manager how the gateway is: sd_notify(3). Does nothing where none asks for it (NOTIFY_SOCKET). */
export interface ServiceNotifier {
  ready(): Promise<void>;
  stopping(): Promise<void>;
  /** The settings are being read again; `ready` ends it. */
  reloading(): Promise<void>;
  /** Says that the process is alive, twice in each time that the manager allows, until it is disposed of. */
  watch(): Disposable;
}

export interface ServiceNotifierOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly pid?: number;
}

/** A manager that does not take a message by then, in milliseconds, is not waited for. */
const PATIENCE_MS = 5_000;

const run = promisify(execFile);

/**
 * Makes the notifier. Node has no datagram sockets of the kind that the manager listens on, so systemd-notify(1) sends each message; the
 * unit has `NotifyAccess=all` for it.
 */
export function createServiceNotifier({ env, logger, pid = process.pid }: ServiceNotifierOptions): ServiceNotifier {
  const isAsked = env['NOTIFY_SOCKET'] !== undefined && env['NOTIFY_SOCKET'] !== '';
  let last = Promise.resolve();

  /** One after the other: the manager acts on their order. */
  function send(...variables: readonly string[]): Promise<void> {
    if (!isAsked) return Promise.resolve();
    last = last.then(async () => {
      try {
        await run('systemd-notify', variables, { env, timeout: PATIENCE_MS });
      } catch (error) {
        logger.warn({ err: error }, 'the service manager could not be told: systemd-notify failed');
      }
    });
    return last;
  }

  return {
    ready: () => send('READY=1', 'STATUS=Serving'),
    stopping: () => send('STOPPING=1', 'STATUS=Letting calls end'),
    // Both are required for Type=notify-reload, the time by CLOCK_MONOTONIC: sd_notify(3).
    reloading: () => send('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`),
    watch() {
      const microseconds = Number(env['WATCHDOG_USEC'] ?? 0);
      const isMeant = env['WATCHDOG_PID'] === undefined || Number(env['WATCHDOG_PID']) === pid;
      if (!isAsked || !isMeant || !(microseconds > 0)) return { [Symbol.dispose]: () => undefined };
      let isUnderWay = false;
      const timer = setInterval(() => {
        if (isUnderWay) return;
        isUnderWay = true;
        void send('WATCHDOG=1').then(() => (isUnderWay = false));
      }, microseconds / 2_000).unref();
      return { [Symbol.dispose]: () => clearInterval(timer) };
    },
  };
}
