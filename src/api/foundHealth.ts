import { isAnswer, type ServerHealth } from '../calls/serverHealth.ts';
import type { CatalogueReading } from '../catalogue/rememberedTable.ts';

/** What calls and readings of its catalogue have shown of a server. Times in milliseconds since the epoch. */
export interface FoundHealth {
  /** By what came last. `unknown`: it was neither called nor read. */
  readonly status: 'answers' | 'fails' | 'unknown';
  readonly answeredAt: number | undefined;
  /** The last failure for the server's sake, and how many came in a row; 0: it has answered since. */
  readonly failure: { readonly code: string; readonly at: number; readonly inARow: number } | undefined;
}

/**
 * Puts together what calls through this gateway have shown of a server, and readings of its catalogue by any gateway: a
 * catalogue that was read is an answer of the server.
 */
export function foundHealth(byCalls: ServerHealth | undefined, readings: readonly CatalogueReading[]): FoundHealth {
  const answers = [byCalls?.answeredAt, ...readings.map(answerOf)].filter((at) => at !== undefined);
  const answeredAt = answers.length === 0 ? undefined : Math.max(...answers);
  const failures = [failureOfCalls(byCalls), ...readings.map(failureOf)].filter((failure) => failure !== undefined);
  const [last] = failures.sort((a, b) => b.at - a.at);
  if (last === undefined)
    return { status: answeredAt === undefined ? 'unknown' : 'answers', answeredAt, failure: last };
  // Of a reading in which one list failed, both come at the same time: it did answer.
  const fails = last.inARow > 0 && (answeredAt === undefined || last.at > answeredAt);
  return {
    status: fails ? 'fails' : 'answers',
    answeredAt,
    failure: fails ? last : { ...last, inARow: 0 },
  };
}

function failureOfCalls(byCalls: ServerHealth | undefined): FoundHealth['failure'] {
  return byCalls?.failure && { ...byCalls.failure, inARow: byCalls.failures };
}

function answerOf({ readAt, failure, failedAt }: CatalogueReading): number | undefined {
  // A refusal of the lists is an answer, too.
  if (failure !== null && failedAt !== null && isAnswer(failure)) return failedAt.getTime();
  return readAt?.getTime();
}

function failureOf({ failure, failedAt, failures }: CatalogueReading): FoundHealth['failure'] {
  if (failure === null || failedAt === null || isAnswer(failure)) return undefined;
  return { code: failure, at: failedAt.getTime(), inARow: failures };
}
