import { decodeRecord } from './eventRecord.ts';
import { History } from './history.ts';

/** Copies a history as a backup does: its first events, at the same positions. (Default: all) */
export function backupOf(history: History, events = history.log.count): History {
  const copy = new History();
  for (let number = 0; number < Math.min(events, history.log.count); number++) {
    if (!history.log.isRemoved(number)) copy.replay(decodeRecord(history.log.record(number)));
  }
  copy.forgetIds();
  return copy;
}
