import { shortId } from '../../../src/shortId.ts';
import { present } from '../../../src/administration/present.ts';
import type { ApplyPlan, Step } from '../../../src/configuration/applyPlan.ts';
import type { RoleStep } from '../../../src/configuration/roleStep.ts';
import { describeDelivery } from '../../../src/configuration/delivery.ts';
import { escape } from '../../../src/escape.ts';
import type { Output } from '../../output/output.ts';
import type { Style } from '../../output/paint.ts';
import { changeJson, changeText } from '../../views/changeView.ts';
import { deliveryJson } from './deliveryView.ts';

const SIGNS: Readonly<Record<Exclude<Step['action'], 'none'>, readonly [sign: string, style: Style]>> = {
  create: ['+', 'green'],
  change: ['~', 'yellow'],
  remove: ['-', 'red'],
};

/** Shows a step in JSON. */
export function stepJson(step: Step): Record<string, unknown> {
  const { kind, name, action, changes } = step;
  const sources = step.kind === 'server' ? (step.desired?.deliveries ?? []).map(deliveryJson) : undefined;
  return {
    kind,
    name,
    ...present({ id: idOf(step) }),
    action,
    changes: changes.map(changeJson),
    ...present({ sources }),
  };
}

/** Shows the members that `apply` and `diff` have in common. */
export function planJson({ unmanaged, warnings }: ApplyPlan): object {
  return {
    unmanaged: unmanaged.map(({ kind, name, id }) => ({ kind, name, ...present({ id }) })),
    warnings,
  };
}

/** What `stepTitle` reads of a step; the last two only some have. */
interface Titled extends Pick<Step, 'kind' | 'name'> {
  readonly id?: string | undefined;
  readonly half?: RoleStep['half'];
}

/** Names a step: `server github`, `key ci (4fd30e71)`, `role ops: what it loses`. */
export function stepTitle({ kind, name, id, half }: Titled): string {
  return `${kind} ${escape(name)}${id === undefined ? '' : ` (${shortId(id)})`}${half === undefined ? '' : `: what it ${half}`}`;
}

/** Shows a plan to people: what changes, field by field; the rest is counted. */
export function planText({ steps, unmanaged }: ApplyPlan, { paint }: Output): string[] {
  const lines = steps.flatMap((step) => {
    if (step.action === 'none') return [];
    const [sign, style] = SIGNS[step.action];
    const deliveries = step.kind === 'server' ? (step.desired?.deliveries ?? []) : [];
    return [
      paint(style, `${sign} ${stepTitle(step)}`),
      ...step.changes.map((change) => `    ${changeText(change)}`),
      ...deliveries.map((delivery) => `    ${escape(describeDelivery(delivery))}`),
    ];
  });
  const unchanged = steps.filter(({ action }) => action === 'none').length;
  return [
    ...lines,
    ...(unchanged === 0 ? [] : [paint('dim', `= ${unchanged} unchanged`)]),
    ...(unmanaged.length === 0
      ? []
      : [`Not in the file, and removed only with --prune: ${unmanaged.map(stepTitle).join(', ')}`]),
  ];
}

/** Says in numbers what a plan does: `2 to create, 1 to change`. @returns undefined when that is nothing */
export function planSummary({ steps }: ApplyPlan): string | undefined {
  const counts = (['create', 'change', 'remove'] as const)
    .map((action) => [action, steps.filter((step) => step.action === action).length] as const)
    .filter(([, count]) => count > 0);
  return counts.length === 0 ? undefined : counts.map(([action, count]) => `${count} to ${action}`).join(', ');
}

function idOf(step: Step): string | undefined {
  return step.kind === 'key' ? step.id : undefined;
}
