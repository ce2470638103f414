import { FAULT_MEANS, type StreamFault } from '../../src/projections/tables/streamFault.ts';

/** Says of a key or server why it can’t be used, and who knows what to do. */
export function unusableText(fault: StreamFault): string {
  const help = fault === 'withheld' ? '' : ' (what to do: metamcp-cli db status)';
  return `unusable: ${FAULT_MEANS[fault]}${help}`;
}
