import { done } from './narration.ts';
import { tellStory } from './story.ts';

// The first thing that is not right ends the demo with exit code 1; Ctrl-C ends it early. Either way nothing is left behind.

const began = performance.now();
await using closing = new AsyncDisposableStack();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const interrupted = new Promise<NodeJS.Signals>((resolve) => {
  // Each of them: npm passes on what the terminal has sent to its whole group, and the second one must not end the tidying up.
  for (const signal of SIGNALS) process.on(signal, resolve);
});

const signal = await Promise.race([tellStory(closing), interrupted]);
await closing.disposeAsync();
for (const each of SIGNALS) process.removeAllListeners(each);
// It ends as the signal would have ended it, so that its caller sees why.
if (signal !== undefined) process.kill(process.pid, signal);
else done(`Everything is right, in ${((performance.now() - began) / 1_000).toFixed(1)} s.`);
