import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { between } from './between.ts';
import type { Journal } from './journal.ts';

/** A gateway that is killed and started again. */
export interface Replica extends AsyncDisposable {
  readonly name: string;
  /** Undefined while it does not run. */
  readonly url: string | undefined;
  /** True while it is stopped. */
  readonly isPaused: boolean;
  /** SIGSTOP, then SIGCONT. `during` is what happens in between. */
  pause(during: () => Promise<void>): Promise<void>;
  /** SIGKILL, then a new process. `during` is what happens in between. */
  restart(during: () => Promise<void>): Promise<void>;
}

export interface ReplicaOptions {
  readonly name: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly journal: Journal;
}

export async function startReplica({ name, home, env, journal }: ReplicaOptions): Promise<Replica> {
  let running: GatewayProcess | undefined;
  let isPaused = false;

  async function start(): Promise<void> {
    const started = await startGatewayProcess({ home, env });
    running = started;
    void started.exited.then((how) => {
      if (running !== started) return;
      running = undefined;
      journal.violation(`${name} ended by itself (${JSON.stringify(how)}):\n${started.log.slice(-20).join('\n')}`);
    });
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = running;
    running = undefined;
    ending?.kill(signal);
    await ending?.exited;
  }

  await start();
  return {
    name,
    get url() {
      return running?.url;
    },
    get isPaused() {
      return isPaused;
    },
    async pause(during) {
      const paused = running;
      await between(
        async () => {
          isPaused = true;
          paused?.kill('SIGSTOP');
        },
        during,
        async () => {
          paused?.kill('SIGCONT');
          isPaused = false;
        },
      );
    },
    async restart(during) {
      await end('SIGKILL');
      try {
        await during();
      } finally {
        await start();
      }
    },
    [Symbol.asyncDispose]: () => end('SIGTERM'),
  };
}
