import { setTimeout as sleep } from 'node:timers/promises';

import type { Fault, HeldCall, Refusal } from './faults.ts';
import type { Node } from './node.ts';

export interface Call extends HeldCall {
  readonly cancelled: boolean;
  getPeer(): string;
}

/** What a call that changes something does, to be disturbed by a fault. */
export interface Action<Result> {
  apply(): Result | Promise<Result>;
  answer(result: Result): void;
  refuse(refusal: Refusal): void;
}

/** Performs a changing call as the fault planned for it has it go. */
export async function perform<Result>(
  node: Node,
  call: Call,
  fault: Fault | undefined,
  action: Action<Result>,
): Promise<void> {
  if (fault?.fault === 'refuse') {
    action.refuse(fault.error);
    return;
  }
  if (fault?.fault === 'delay') await sleep(fault.ms);
  await disturb(node, call, fault, 'before');
  // A server that died, or a client that left, while the call waited: nothing happens any more.
  if (call.cancelled) return;
  const result = await action.apply();
  await disturb(node, call, fault, 'after');
  if (!call.cancelled) action.answer(result);
}

async function disturb(node: Node, call: Call, fault: Fault | undefined, when: 'before' | 'after'): Promise<void> {
  if (fault === undefined || !('when' in fault) || fault.when !== when) return;
  if (fault.fault === 'hang') await node.faults.hold(call);
  if (fault.fault === 'run') await fault.action();
  if (fault.fault === 'drop') {
    node.connections.cut(call.getPeer());
    await new Promise<void>((resolve) => (call.cancelled ? resolve() : call.once('cancelled', resolve)));
  }
}
