// A process that uses the embedded Postgres of a state folder (argument 1): prints {"url"} when it is open; a line
// on stdin, or its end, makes it leave; prints {"left":true} and ends. Prints {"code","message"} when it can't open.
import { once } from 'node:events';
import { openEmbeddedPostgres } from '../../src/embedded/embeddedPostgres.ts';
import { AppError } from '../../src/errors/appError.ts';
import { createLogger } from '../../src/logging/logger.ts';

try {
  const began = performance.now();
  const embedded = await openEmbeddedPostgres({ stateFolder: process.argv[2] ?? '', logger: createLogger('error') });
  console.log(JSON.stringify({ url: embedded.url, ms: performance.now() - began }));
  process.stdin.resume();
  await Promise.race([once(process.stdin, 'data'), once(process.stdin, 'end')]);
  const leaving = performance.now();
  await embedded[Symbol.asyncDispose]();
  console.log(JSON.stringify({ left: true, ms: performance.now() - leaving }));
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
process.stdin.destroy();
