import { AppError } from '../../../../src/errors/appError.ts';
import { escape } from '../../../../src/escape.ts';
import type { JobKind, Tools } from '../../frame/model.ts';
import { spokenType } from '../../frame/text/spoken.ts';
import { commandOf } from '../change/commandOf.ts';
import { runChange } from '../change/runChange.ts';
import type { Bulk, Planned, Subject } from './bulk.ts';
import { planScreen } from './planScreen.ts';

/** Finds out what a change would do to each of many, and shows it. Nothing is changed. */
export const PLAN_BULK: JobKind<Bulk> = {
  commands: ({ subjects, changeOf }, nowMs) => subjects.map((subject) => commandOf(changeOf(subject), nowMs) ?? []),
  async run(tools, bulk, { signal, onProgress }) {
    const planned: Planned[] = [];
    for (const subject of bulk.subjects) {
      signal.throwIfAborted();
      planned.push(await planOf(tools, bulk, subject, signal));
      onProgress(`${bulk.title}: looking at ${String(planned.length)} of ${String(bulk.subjects.length)}`);
    }
    return { ok: true, message: '', opens: planScreen({ bulk, planned, work: undefined }) };
  },
};

async function planOf(tools: Tools, { changeOf }: Bulk, subject: Subject, signal: AbortSignal): Promise<Planned> {
  const dryRun = tools.stores.dryRun();
  try {
    await runChange(tools, changeOf(subject), signal, dryRun);
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'unavailable') throw error;
    return { subject, effect: 'refused', text: escape(error.message) };
  }
  const types = dryRun.events.map(({ type }) => type);
  return types.length === 0
    ? { subject, effect: 'nothing', text: 'nothing: it is so already' }
    : { subject, effect: 'change', text: types.map(spokenType).join(', ') };
}
