import { done } from './narration.ts';
import { tellStory } from './story.ts';

// The first thing that is not right ends the demo with exit code 1; Ctrl-C ends it early. Either way nothing is left behind.

const began = performance.now();
await using closing = new AsyncDisposableStack();
const interrupted = new Promise<NodeJS.Signals>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve);
});

const signal = await Promise.race([tellStory(closing), interrupted]);
await closing.disposeAsync();
// Ends as the signal would have ended it, for whoever waits for this program.
if (signal !== undefined) process.kill(process.pid, signal);
else done(`Everything is right, in ${((performance.now() - began) / 1_000).toFixed(1)} s.`);
