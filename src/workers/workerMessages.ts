import type { MetricFigures } from './metricFigures.ts';
import type { WorkerPlace } from './workerPlace.ts';

/** Of the messages below: a worker of another release that speaks another one is not taken on. */
export const PROTOCOL = 1;

/** A worker that takes connections. */
export type ServingWorker = Pick<WorkerPlace, 'number' | 'id'>;

/** What a supervisor sends to a worker. */
export type ToWorker =
  | { readonly type: 'start'; readonly place: WorkerPlace; readonly logLevel: string | undefined }
  /** With the connection itself. */
  | { readonly type: 'connection'; readonly id: number }
  /** No more connections come: all that were given have arrived before this. */
  | { readonly type: 'left' }
  | { readonly type: 'stop'; readonly isReplaced: boolean }
  /** Those that take connections now. */
  | { readonly type: 'workers'; readonly serving: readonly ServingWorker[] }
  | { readonly type: 'reread' }
  | { readonly type: 'logLevel'; readonly level: string }
  | { readonly type: 'collect' };

/** What a worker sends to its supervisor. */
export type FromWorker =
  | { readonly type: 'hello'; readonly protocol: number }
  | { readonly type: 'ready' }
  /** The connection is the worker’s. */
  | { readonly type: 'taken'; readonly id: number }
  /** So many connections that it had taken are closed. */
  | { readonly type: 'closed'; readonly count: number }
  /** It takes no more connections. */
  | { readonly type: 'leave' }
  | { readonly type: 'alive' }
  | { readonly type: 'reread' }
  | { readonly type: 'logLevel'; readonly level: string }
  | { readonly type: 'figures'; readonly figures: WorkerFigures };

/** The metrics of a worker. */
export interface WorkerFigures {
  readonly metrics: readonly MetricFigures[];
  /** The servers that are registered; undefined: not known now. */
  readonly servers: readonly string[] | undefined;
}
