import type { pg } from './driver.ts';

/** pg reads it from each query, but its types name it for whole connections only. */
export interface TimedQuery extends pg.QueryConfig {
  query_timeout: number;
}
