import type { LogDestination } from './logging/logDestination.ts';
import type { Logger } from './logging/logger.ts';
import type { Settings } from './settings/settings.ts';
import type { Stores } from './stores/stores.ts';
import type { Certificate } from './tls/certificate.ts';
import type { Tracer } from './tracing/tracer.ts';
import type { WorkerLink } from './workers/workerLink.ts';

export interface GatewayOptions {
  readonly settings: Settings;
  readonly stores: Stores;
  readonly logger: Logger;
  /** Undefined: nobody collects traces. */
  readonly tracer?: Tracer | undefined;
  /** Gets a line for each call; undefined: nobody does. */
  readonly accessLines?: LogDestination | undefined;
  /** Undefined: plain HTTP. */
  readonly certificate?: Certificate | undefined;
  /** Aborted when the process is to stop: a start no longer waits for the event store. */
  readonly stopping?: AbortSignal | undefined;
  /** Undefined: this process listens by itself. */
  readonly worker?: WorkerLink | undefined;
}

/** A gateway that listens; disposing of it lets calls in flight end, within a bound. */
export interface Gateway extends AsyncDisposable {
  /** http://host:port, or https://; of a worker, the path of its socket. */
  readonly url: string;
  /** Where its metrics are read; undefined: nowhere. */
  readonly metricsUrl: string | undefined;
  /**
   * Serves everything until its clients have had time to go elsewhere.
   * @param options isReplaced: another worker has its place, so it does not say that it is not ready (Default: false)
   */
  retire(options: Pick<Settings['stop'], 'delayMs'> & { readonly isReplaced?: boolean | undefined }): Promise<void>;
  /** Takes what settings can change while it runs. */
  reread(settings: Settings): void;
}
