import type { Metric } from './metric.ts';

/** Makes the metric that tells what runs here. */
export function buildInfo(settings: {
  readonly version: string;
  readonly databaseUrl: string | undefined;
  readonly eventStoreUrl: string | undefined;
}): Metric {
  const eventStore = settings.eventStoreUrl === undefined ? 'postgresql' : 'eventstoredb';
  const database = settings.databaseUrl === undefined ? 'embedded' : 'external';
  return {
    name: 'metamcp_build_info',
    type: 'gauge',
    help: '1, with what runs here: the version of MetaMCP and of Node.js, where the events are, and whose PostgreSQL it is.',
    labels: ['version', 'node', 'event_store', 'database'],
    series: () => [{ values: [settings.version, process.versions.node, eventStore, database], value: 1 }],
  };
}
