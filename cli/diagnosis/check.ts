import { AppError } from '../../src/errors/appError.ts';
import type { Examination } from './examination.ts';
import { NotExamined } from './notExamined.ts';

/** `unknown`: it could not be looked at, because of something that another check reports. */
export const STATES = ['ok', 'warning', 'problem', 'unknown'] as const;

interface Found {
  /** What it is about, where a check looks at several: a file, a server. May be of foreign origin. */
  readonly about?: string | undefined;
  /** A sentence, or a few words. May be of foreign origin. */
  readonly detail: string;
  /** A store can't be reached. */
  readonly isUnreachable?: boolean;
}

/** What to do belongs to whatever is not as it should be; what is unknown has it where no other check says it. */
export type Finding = Found &
  (
    | { readonly state: 'ok' | 'unknown'; readonly remedy?: string | undefined }
    | { readonly state: 'warning' | 'problem'; readonly remedy: string }
  );

/** A check, and what to do when it fails itself. */
export interface NamedCheck {
  readonly look: Check;
  readonly remedy: string;
}

/** Something that is looked at. It changes nothing, and depends on no other check. @throws NotExamined; AppError, which is a problem */
export type Check = (examination: Examination) => Promise<readonly Finding[]> | readonly Finding[];

/** How long one check may take, in milliseconds: a person waits. */
const PATIENCE_MS = 20_000;

/** Runs a check. Whatever goes wrong in it is a finding, so that the others go on. Never throws. */
export async function findingsOf({ look, remedy }: NamedCheck, examination: Examination): Promise<readonly Finding[]> {
  const late = Promise.withResolvers<readonly Finding[]>();
  const clock = setTimeout(() => late.resolve([tooLate()]), PATIENCE_MS);
  try {
    return await Promise.race([look(examination), late.promise]);
  } catch (error) {
    if (error instanceof NotExamined) return [{ state: 'unknown', detail: error.message, remedy: error.remedy }];
    if (error instanceof AppError)
      return [{ state: 'problem', detail: error.message, remedy, isUnreachable: error.kind === 'unavailable' }];
    const reason = error instanceof Error ? error.message : String(error);
    return [{ state: 'problem', detail: `It could not be looked at: ${reason}`, remedy }];
  } finally {
    clearTimeout(clock);
  }
}

function tooLate(): Finding {
  return {
    state: 'problem',
    detail: `It did not end within ${PATIENCE_MS / 1_000} s.`,
    remedy: 'Try again when the machine and the network are less busy; --skip leaves a check out',
    isUnreachable: true,
  };
}
