import type { McpServerRow } from '../projections/tables/mcpServers.ts';
import { present } from './present.ts';

/** Shows a server in JSON, the same over REST and in the CLI; never a secret. */
export function serverDocument(row: McpServerRow) {
  return {
    id: row.id,
    name: row.name,
    ...present({ title: row.title, description: row.description }),
    transport: row.transport,
    ...present<string | string[]>({ url: row.url, command: row.command, args: row.args, cwd: row.cwd }),
    isolation: row.isolation,
    ...present({ on_tool_change: row.onToolChange }),
    limits: {
      max_in_flight: row.limits.maxInFlight,
      ...present({
        memory_bytes: row.limits.memoryBytes,
        open_files: row.limits.openFiles,
        processes: row.limits.processes,
        restarts: row.limits.restarts,
      }),
      ...present({ rates: row.limits.rates }),
    },
    timeouts: {
      connect_ms: row.timeouts.connectMs,
      idle_ms: row.timeouts.idleMs,
      total_ms: row.timeouts.totalMs,
      ...present({ idle_stop_ms: row.timeouts.idleStopMs }),
    },
    enabled: row.status === 'enabled',
    ...present({ fault: row.fault }),
    has_secrets: row.sealed !== null,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
