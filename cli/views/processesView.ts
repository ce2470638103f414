import { escape } from '../../src/escape.ts';
import type { Field } from '../output/record.ts';

/** What the processes of a server do, as the gateway tells it. */
export interface ServerProcessesDocument {
  readonly status: string;
  readonly failed_start?: { readonly reason?: string | undefined } | undefined;
  readonly processes: readonly {
    readonly status: string;
    readonly shared_by: string;
    readonly pid?: number | undefined;
    readonly reason?: string | undefined;
  }[];
}

/** Shows them to people. @param document undefined: no gateway answers */
export function processesField(document: ServerProcessesDocument | undefined): Field {
  if (document === undefined) return ['Programs', 'unknown: no gateway answers'];
  const { status, processes, failed_start: failedStart } = document;
  const each = processes.map(({ status, shared_by: sharedBy, pid, reason }) => {
    const number = pid === undefined ? '' : ` as process ${String(pid)}`;
    return `${status}${number} (${sharedBy})${reason === undefined ? '' : `: ${reason}`}`;
  });
  const words =
    each.length === 0 ? [`${status}${failedStart?.reason === undefined ? '' : `: ${failedStart.reason}`}`] : each;
  return ['Programs', escape(words.join('; '))];
}
