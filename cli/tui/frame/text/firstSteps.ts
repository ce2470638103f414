import { withCliName } from '../../../../src/cliName.ts';
import type { State } from '../model.ts';
import type { TuiPaint } from './style.ts';
import { wrap } from './wrap.ts';

const STEPS = [
  ['Add a server', 'Press 2, then c to add one. Ctrl-T tests it before it is saved.'],
  ['Make a key', 'Press 1, then c to make one. Its secret is shown once.'],
  ['Connect a client', 'Below the new key, ← and → choose the client, and Y copies what it needs.'],
] as const;

/** Leads to a first call, where there is nothing yet. @param nothing as in: There are no keys yet. */
export function firstSteps(nothing: string, { size, programName }: State, paint: TuiPaint): string[] {
  const { columns } = size;
  const steps = STEPS.flatMap(([what, how], at) => [
    '',
    `${paint('cyan', String(at + 1))}  ${paint('bold', what)}`,
    ...wrap(how, Math.max(10, columns - 3)).map((line) => `   ${line}`),
  ]);
  const other = withCliName('metamcp-cli init does all of it with an example.', programName);
  return [...wrap(`${nothing} Three steps lead to a first call:`, columns), ...steps, '', ...wrap(other, columns)];
}
