import { fileURLToPath } from 'node:url';

/**
 * What a program of ours is given of the environment, besides its settings: where to find other programs, and a place for
 * compiled code, which halves the time that it takes to start.
 */
export const PROGRAM_ENVIRONMENT = {
  PATH: process.env['PATH'] ?? '',
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/metamcp-tests', import.meta.url)),
};
