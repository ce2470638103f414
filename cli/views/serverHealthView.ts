import type { WaitingTool } from '../../src/administration/toolReview.ts';
import type { FoundHealth } from '../../src/api/foundHealth.ts';
import type { readingDocument, ServerHealthDocument } from '../../src/api/serverHealth.ts';
import type { McpServerRow } from '../../src/projections/tables/mcpServers.ts';
import { escape } from '../../src/escape.ts';
import type { Field } from '../output/record.ts';
import { audienceText } from './catalogueView.ts';
import { formatTime } from './keyView.ts';
import { whyText } from './waitingTools.ts';

/** Whether a server answers, how its catalogue is read, and what of it waits. */
export interface ServerCondition {
  /** Undefined: no gateway answers in time. */
  readonly health: ServerHealthDocument | undefined;
  /** What readings of its catalogue have shown, also by gateways that run no longer. */
  readonly seen: FoundHealth;
  readonly catalogue: readonly ReturnType<typeof readingDocument>[];
  /** Undefined: the server's tools may change. */
  readonly waiting: readonly WaitingTool[] | undefined;
}

type Reading = ServerCondition['catalogue'][number];

/** Names of tools in one line. */
const MAX_NAMES = 20;

/**
 * Shows whether a server answers, how reading what it offers goes, and which of that waits for an approval.
 * @param hint how to look at what waits (Default: the command)
 */
export function conditionFields(
  { name }: Pick<McpServerRow, 'name'>,
  { health, seen, catalogue, waiting }: ServerCondition,
  hint = `See: metamcp-cli servers approve ${name} --dry-run`,
): Field[] {
  return [
    ['Health', health === undefined ? seenText(seen) : healthText(health)],
    ['Circuit', circuitText(health?.circuit)],
    ['Waiting', waitingForInputText(health?.waiting_for_input)],
    ...catalogue.map((reading): Field => ['Catalogue', readingText(reading)]),
    ['Catalogue', catalogue.length === 0 ? 'not read yet' : undefined],
    ...(waiting === undefined ? [] : [waitingField(waiting, hint)]),
  ];
}

function healthText({ status, answered_at: answeredAt, failure }: ServerHealthDocument): string {
  // The status is the first word already.
  const answered = answeredAt && `${status === 'answers' ? 'last' : 'answered'} ${timeText(answeredAt)}`;
  const failed = failure && `${status === 'fails' ? 'last' : 'failed'} ${failureDetails(failure)}`;
  const parts = status === 'fails' ? [failed, answered] : [answered, failed];
  const details = parts.filter((part) => part !== undefined);
  if (details.length > 0) return `${status}: ${details.join('; ')}`;
  return status === 'unknown' ? 'unknown: not called yet' : status;
}

/** Undefined where calls are passed on. */
function circuitText(circuit: ServerHealthDocument['circuit'] | undefined): string | undefined {
  if (circuit?.since === undefined || circuit.retry_at === undefined) return undefined;
  const { state, since, retry_at: retryAt, reason = '' } = circuit;
  const next = state === 'open' ? `calls are refused until ${timeText(retryAt)}` : 'the next call tries it';
  return `${state} since ${timeText(since)}: ${next}. ${escape(reason)}`;
}

function waitingForInputText(calls = 0): string | undefined {
  if (calls === 0) return undefined;
  return `${String(calls)} ${calls === 1 ? 'call waits' : 'calls wait'} for what the server has asked of its client`;
}

/** No gateway says how calls go: what is known is how it was when its catalogue was read last. */
function seenText({ status, answeredAt, failure }: FoundHealth): string {
  if (status === 'answers' && answeredAt !== undefined) {
    return `answered ${formatTime(new Date(answeredAt))}, when its catalogue was read; no gateway answers now`;
  }
  if (status !== 'fails' || failure === undefined) return 'unknown: no gateway answers';
  const { code, at, inARow } = failure;
  const failed = failureText({ code, at: new Date(at).toISOString(), in_a_row: inARow });
  return `unknown: no gateway answers; the last reading of its catalogue ${failed}`;
}

function readingText({ era, capabilities, read_at: readAt, outdated, failure }: Reading): string {
  const read = readAt === undefined ? 'not read' : `read ${timeText(readAt)}${outdated ? ', and changed since' : ''}`;
  const failed = failure === undefined ? '' : `; ${failureText(failure)}`;
  return `${audienceText({ era, capabilities })}: ${read}${failed}`;
}

function failureText(failure: NonNullable<Reading['failure']>): string {
  return `failed ${failureDetails(failure)}`;
}

function failureDetails({ code, at, in_a_row: inARow }: NonNullable<Reading['failure']>): string {
  return `${timeText(at)} (${escape(code)}${inARow > 1 ? `, ${String(inARow)} times in a row` : ''})`;
}

/** Names the tools of a server that wait for an approval. */
function waitingField(waiting: readonly WaitingTool[], hint: string): Field {
  if (waiting.length === 0) return ['To approve', 'nothing'];
  const shown = waiting.slice(0, MAX_NAMES).map((tool) => `${escape(tool.name)} (${whyText(tool)})`);
  const more = waiting.length > MAX_NAMES ? ` and ${(waiting.length - MAX_NAMES).toLocaleString('en')} more` : '';
  return ['To approve', `${shown.join(', ')}${more}. ${hint}`];
}

function timeText(time: string): string {
  return formatTime(new Date(time));
}
