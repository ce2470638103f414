import { expect, it } from 'vitest';
import { apiKeyStream } from '../../src/events/streamName.ts';
import { streamRepairStream } from '../../src/events/streamRepair.ts';
import { changeEvents } from '../../src/live/changeEvents.ts';
import { invalidationOf } from '../../src/projections/tables/invalidation.ts';

const KEY = '00000000-0000-7000-8000-000000000001';

it('a key is told as created by the first event of its own stream, not by the first repair of it', () => {
  const stream = apiKeyStream(KEY);
  const repair = streamRepairStream(stream);
  const change = invalidationOf([
    { stream, revision: 0 },
    { stream: repair, revision: 0 },
  ]);
  if ('all' in change) throw new Error('the keys are not named');
  expect([...changeEvents(change)]).toEqual([
    { type: 'key_changed', key: KEY, data: { created: true, stream, revision: 0 } },
    { type: 'key_changed', key: KEY, data: { stream: repair, revision: 0 } },
  ]);
});
