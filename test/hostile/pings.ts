import { parentPort, workerData } from 'node:worker_threads';

// In a thread of its own, for the test's is busy with what it sends: asks a gateway for a sign of life again and again, and tells
// of the longest wait so far whenever it is asked.

const url = `${String(workerData)}/health/live`;
let longestMs = 0;
let count = 0;
parentPort?.on('message', () => parentPort?.postMessage({ longestMs: Math.round(longestMs), count }));

try {
  for (;;) {
    const from = performance.now();
    await fetch(url).then((answer) => answer.text());
    longestMs = Math.max(longestMs, performance.now() - from);
    count++;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
} catch {
  // Whether the gateway has ended is for the test to say.
}
