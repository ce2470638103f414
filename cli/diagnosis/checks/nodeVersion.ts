import { NODE_NEEDED } from '../../../src/version.ts';
import type { Check } from '../check.ts';

/** Node.js is new enough. Who starts the CLI by its launcher does not get this far with an older one. */
export const nodeVersion: Check = () => {
  const have = process.versions.node;
  const isOld = have.localeCompare(NODE_NEEDED, 'en', { numeric: true }) < 0;
  return [
    isOld
      ? { state: 'problem', detail: `This is ${have}.`, remedy: `Install Node.js ${NODE_NEEDED} or newer` }
      : { state: 'ok', detail: `${have}; ${NODE_NEEDED} is needed at least` },
  ];
};
