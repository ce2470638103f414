import { describeRejections, type Rejections } from '../../../../src/upstream/rejections.ts';
import { escape } from '../../../../src/escape.ts';

/** Names what can’t be used of some lists; empty for nothing. */
export function leftOutText(lists: readonly (Rejections | undefined)[]): string {
  return lists.flatMap((leftOut) => (leftOut === undefined ? [] : [escape(describeRejections(leftOut))])).join(', ');
}
