import { describe, expect, test } from 'vitest';
import { ALL_LISTS, CHANGED, listen, standing } from './listener.ts';
import { manyServers, tool } from './manyServers.ts';

describe.each(['legacy', 'modern'] as const)('who listens to an aggregate of %s servers', (era) => {
  const filter = era === 'modern' ? ALL_LISTS : undefined;
  const first = era === 'modern' ? ['notifications/subscriptions/acknowledged'] : [];
  const way = era === 'modern' ? 'subscriptions/listen' : 'GET';

  test('is told that its stream stands when those of the servers do; one that hangs holds it up for a while [aggregate-acknowledged-after]', async () => {
    await using many = manyServers(era);
    const [quick, slow] = [standing(), standing()];
    let letGo: (() => void) | undefined;
    await many.add('a', { tools: [tool('x')], methods: { [way]: quick.open } });
    await many.add('b', {
      tools: [tool('y')],
      methods: { [way]: (seen, response) => void (letGo = () => slow.open(seen, response)) },
    });
    const opened: string[] = [];
    await using listening = listen(many, filter, () => void opened.push('open'));
    await expect.poll(() => quick.isOpen && letGo !== undefined).toBe(true);
    quick.send({ method: CHANGED });
    expect([listening.methods, opened]).toEqual([[], []]);
    letGo?.();
    await expect.poll(() => opened).toEqual(['open']);
    await expect.poll(() => listening.methods.slice(0, 1)).toEqual(first);

    await many.add('c', { tools: [tool('z')], methods: { [way]: () => undefined } });
    await using other = listen(many, filter, () => void opened.push('other'));
    await expect.poll(() => opened).toContain('other');
    await expect.poll(() => other.methods.slice(0, 1)).toEqual(first);
  });
});
