import { Refused } from '../../src/errors/appError.ts';
import { misuse } from './misuse.ts';
import { ask, confirm, isInteractive, type Terminal } from './prompt.ts';

/** What is shown of a plan before the question, of each kind: a screen or so. All of it is for a dry run. */
export const SHOWN_BEFORE_QUESTION = 40;

/** What a person is asked before something that needs a yes. */
export interface Confirmation {
  /** As in: Delete laptop (89abcdef) for good? */
  readonly question: string;
  /** What has to be typed in place of yes, where a careless yes costs too much. (Default: yes will do) */
  readonly typed?: string | undefined;
  /** Why nothing is done where nobody can be asked, and which options say yes there. */
  readonly refusal: string;
}

/** Goes on when a person says yes. @throws Refused `not-confirmed`, `interrupted`; Invalid `usage` where nobody can be asked */
export async function askToGoOn(terminal: Terminal, { question, typed, refusal }: Confirmation): Promise<void> {
  if (!isInteractive(terminal)) throw misuse(refusal);
  const isMeant =
    typed === undefined ? await confirm(terminal, question, false) : (await ask(terminal, `${question} `)) === typed;
  if (!isMeant) throw new Refused('not-confirmed', 'Nothing was changed.');
}
