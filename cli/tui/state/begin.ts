import type { Job } from './effect.ts';
import type { State } from './state.ts';
import type { Step } from './step.ts';

/** Begins a piece of work. @param says as in: Creating the key */
export function begin(state: State, job: Job, says: string): readonly [...Step, work: number] {
  const id = state.lastWork + 1;
  const isChange = job.effect === 'run';
  const work = [...state.work, { id, says, sinceMs: state.nowMs, isChange }];
  return [{ ...state, lastWork: id, work }, [{ ...job, work: id }], id];
}

/** Says what went wrong, or can't be. */
export function refuse(state: State, text: string): Step {
  return [{ ...state, notice: { tone: 'error', text, sinceMs: state.nowMs } }, []];
}
