import { FAULT_MEANS, type StreamFault } from '../../src/projections/tables/streamFault.ts';

/** Writes why a key or server can’t be used, and where to look for a remedy. */
export function unusableText(fault: StreamFault): string {
  const help = fault === 'withheld' ? '' : ' (what to do: metamcp-cli db status)';
  return `unusable: ${FAULT_MEANS[fault]}${help}`;
}
