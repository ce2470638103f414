import { setTimeout as delay } from 'node:timers/promises';

/** Waits until a condition holds. @throws after a minute, naming what was awaited */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await delay(2);
  }
}
