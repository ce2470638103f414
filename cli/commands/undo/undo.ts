import type { CommandResult } from '../../../src/administration/enforcement.ts';
import { present } from '../../../src/administration/present.ts';
import { auditDocument } from '../../../src/audit/auditDocument.ts';
import { AppError, Conflict, Refused } from '../../../src/errors/appError.ts';
import type { CommandContext } from '../../../src/events/metadata.ts';
import { escape } from '../../../src/escape.ts';
import { decidingStream } from '../../../src/events/subjectStream.ts';
import { shortId } from '../../../src/shortId.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import type { Cli } from '../../cli.ts';
import { askToGoOn, SHOWN_BEFORE_QUESTION } from '../../input/confirmation.ts';
import { misuse } from '../../input/misuse.ts';
import { isInteractive } from '../../input/prompt.ts';
import { describeError } from '../../output/errorReport.ts';
import { layOutTable, type Cell, type Column } from '../../output/table.ts';
import { fewAtOnce } from '../../stores/atOnce.ts';
import { commandContext } from '../../stores/commandContext.ts';
import { namesInHistory } from '../../stores/namesInHistory.ts';
import { trailSubject } from '../../views/auditView.ts';
import { enforcementJson, warnOfUnconfirmed } from '../../views/enforcement.ts';
import type { KeyNames } from '../../views/keyView.ts';
import { findEvents, toUndo, type EventToUndo } from './eventsToUndo.ts';

export interface UndoOptions {
  readonly overwrite?: boolean;
  readonly confirm?: boolean;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: 'EVENT' },
  { title: 'ID', drop: 1 },
  { title: 'SUBJECT', min: 10 },
  { title: 'UNDO', min: 16 },
];

/** What became of one event. */
interface Undone extends EventToUndo {
  readonly result?: CommandResult;
  /** Types of events that a dry run has made. */
  readonly types?: readonly string[];
}

/**
 * Takes back an event, or all that the actor's last command has done.
 * @throws NotFound `event-not-found`; Refused `undo-impossible`, `undo-overwrites`, `not-confirmed`, `interrupted`, `undo-incomplete`; Invalid `usage`
 */
export async function undo(cli: Cli, typed: string | undefined, options: UndoOptions): Promise<void> {
  const { overwrite = false, confirm = false, dryRun = false, reason } = options;
  if (!confirm && !dryRun && !isInteractive(cli)) throw misuse(UNCONFIRMED);
  const context = commandContext(cli);
  await cli.withStores(async ({ stores }) => {
    const events = await findEvents(stores.db, typed, context.actor);
    const names = await namesInHistory(stores.db, events);
    const planned = await Array.fromAsync(fewAtOnce(events, (event) => toUndo(stores.db, event, overwrite)));
    const plan = planned.flat();
    const undoable = plan.filter(({ compensation }) => compensation !== undefined);
    const [first] = plan;
    if (undoable.length === 0 && first?.refusal !== undefined) throw first.refusal;
    if (!confirm && !dryRun) {
      showPlan(cli, plan, names);
      const question = undoable.length === 1 ? 'Undo it?' : `Undo these ${undoable.length} changes?`;
      await askToGoOn(cli, { question, refusal: UNCONFIRMED });
    }
    const done: Undone[] = [];
    async function* answers(): AsyncGenerator<readonly Undone[]> {
      const streams = [...Map.groupBy(plan, ({ event }) => decidingStream(event.stream)).values()];
      for await (const few of fewAtOnce(streams, (each) =>
        dryRun ? dry(stores, each, context, reason) : run(stores, each, context, reason),
      )) {
        done.push(...few.flat());
        yield few.flat();
      }
    }
    await cli.output.answerList({
      pages: answers(),
      toJson: (each) => toJson(each, context),
      columns: COLUMNS,
      toCells: (each) => cellsOf(each, names),
      empty: '',
      ...(dryRun && { end: () => 'Nothing was changed.' }),
    });
    warnOfUnconfirmed(cli.output, {
      unconfirmed: [...new Set(done.flatMap(({ result }) => result?.unconfirmed ?? []))],
    });
    const failed = done.filter(({ refusal }) => refusal !== undefined);
    if (failed.length === 0 || dryRun) return;
    const [one] = failed;
    if (done.length === 1 && one?.refusal !== undefined) throw one.refusal;
    throw new Refused(
      'undo-incomplete',
      `Of ${done.length} changes, ${failed.length} could not be undone. The others are.`,
    );
  });
}

const UNCONFIRMED = 'An undo changes keys and servers. To see what it would do: --dry-run; to do it: --confirm';

/** Undoes of one stream follow one another: each finds the revision that the one before has made. */
async function run(
  stores: Stores,
  ofStream: readonly EventToUndo[],
  context: CommandContext,
  reason: string | undefined,
): Promise<Undone[]> {
  const done: Undone[] = [];
  let revision: number | undefined;
  for (const each of ofStream) {
    try {
      const result = await each.compensation?.run(stores, context, reason, revision);
      revision = result?.revision ?? revision;
      done.push({ ...each, ...present({ result }) });
    } catch (error) {
      done.push({ ...each, refusal: refusalOf(error) });
    }
  }
  return done;
}

function dry(
  stores: Stores,
  ofStream: readonly EventToUndo[],
  context: CommandContext,
  reason: string | undefined,
): Promise<Undone[]> {
  return Promise.all(ofStream.map((each) => dryOne(stores, each, context, reason)));
}

async function dryOne(
  stores: Stores,
  each: EventToUndo,
  context: CommandContext,
  reason: string | undefined,
): Promise<Undone> {
  if (each.compensation === undefined) return each;
  const dryRun = stores.dryRun();
  try {
    await each.compensation.run(dryRun, context, reason);
    return { ...each, types: dryRun.events.map(({ type }) => type) };
  } catch (error) {
    return { ...each, refusal: refusalOf(error) };
  }
}

/** @throws the error unless it refuses this event alone */
function refusalOf(error: unknown): Refused {
  if (!(error instanceof AppError)) throw error;
  if (error.kind === 'unavailable') throw error;
  if (error instanceof Conflict) {
    return new Refused(
      'undo-conflict',
      'Somebody has just changed it, so it was left as it is. Look at it, and undo again.',
    );
  }
  return new Refused(error.code, error.message, { data: error.data });
}

function showPlan({ output, stderr }: Cli, plan: readonly EventToUndo[], names: KeyNames): void {
  const cells = plan.slice(0, SHOWN_BEFORE_QUESTION).map((each) => cellsOf(each, names));
  // A sentence is not cut here: it is what the question is about.
  const table = layOutTable(COLUMNS, cells, { width: Infinity, paint: output.paint });
  const more = plan.length > cells.length ? [`… and ${plan.length - cells.length} more; --dry-run shows all`] : [];
  stderr.write(`${[table.header, ...cells.map((line) => table.row(line)), ...more].join('\n')}\n`);
}

function cellsOf({ event, compensation, refusal, result, types }: Undone, names: KeyNames): Cell[] {
  const isSo = result?.changed === false || types?.length === 0;
  const done = result === undefined ? '' : 'Done: ';
  const text = isSo ? 'It is so already: nothing is to be undone.' : `${done}${compensation?.text ?? ''}`;
  return [
    { text: escape(event.type) },
    { text: shortId(event.id) },
    { text: trailSubject(event, names), style: 'bold' },
    refusal === undefined
      ? { text, style: result?.changed === true ? 'green' : undefined }
      : { text: `not undone: ${escape(describeError(refusal).message)}`, style: 'red' },
  ];
}

function toJson({ event, compensation, refusal, result, types }: Undone, { correlationId }: CommandContext): object {
  if (refusal !== undefined)
    return { event: auditDocument(event), error: { code: refusal.code, message: refusal.message } };
  return {
    event: auditDocument(event),
    undo: compensation?.text ?? '',
    ...(types && { dry_run: true, would_change: types.length > 0, would_append: types }),
    ...(result && { ...enforcementJson(result), revision: result.revision, correlation_id: correlationId }),
  };
}
