import type { LogDestination } from './logging/logDestination.ts';
import type { Logger } from './logging/logger.ts';
import type { Settings } from './settings/settings.ts';
import type { Stores } from './stores/stores.ts';
import type { Certificate } from './tls/certificate.ts';
import type { Tracer } from './tracing/tracer.ts';

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
}

/** A gateway that listens; disposing of it lets calls in flight end, within a bound. */
export interface Gateway extends AsyncDisposable {
  /** http://host:port, or https:// */
  readonly url: string;
  /** Where its metrics are read; undefined: nowhere. */
  readonly metricsUrl: string | undefined;
  /** Says that it is not ready, and serves everything until its clients have had time to go elsewhere. */
  retire(options: Pick<Settings['stop'], 'delayMs'>): Promise<void>;
  /** Takes what settings can change while it runs. */
  reread(settings: Settings): void;
}
