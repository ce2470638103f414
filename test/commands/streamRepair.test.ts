import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { streamRepair, type StreamRepairCommand, type StreamRepairState } from '../../src/commands/streamRepair.ts';
import { AppError } from '../../src/errors/appError.ts';
import type { StreamRepairEvent } from '../../src/events/streamRepair.ts';
import { decisions } from './deciderSpec.ts';

const eventId = '0190a1b2-0000-7000-8000-000000000001';
const dek = '0190a1b2-0000-7000-8000-000000000002';
const skip = { type: 'Skip', revision: 3, eventId, eventType: 'McpServerUpdated', reason: 'of no use' } as const;
const skipped: StreamRepairEvent = {
  type: 'EventSkipped',
  data: { revision: 3, eventId, type: 'McpServerUpdated', reason: 'of no use' },
};
const retire = { type: 'Retire', final: false, deks: [], reason: 'hidden' } as const;
const retired: StreamRepairEvent = { type: 'StreamRetired', data: { final: false, deks: [], reason: 'hidden' } };
const retiredForGood: StreamRepairEvent = { type: 'StreamRetired', data: { final: true, deks: [dek] } };
const reinstate = { type: 'Reinstate', reason: 'whole again' } as const;

const given = decisions(streamRepair);

describe('the repair of a stream', () => {
  it('skips an event once, and another one that came to stand in its place', () => {
    given().when(skip).then(skipped);
    given(skipped)
      .when({ ...skip, reason: 'again' })
      .thenNothing();
    given(skipped)
      .when({ ...skip, eventId: dek })
      .then({ type: 'EventSkipped', data: { ...skipped.data, eventId: dek } });
  });
  it('retires a stream once, then for good with the keys that are destroyed', () => {
    given().when(retire).then(retired);
    given(retired).when(retire).thenNothing();
    given(retired)
      .when({ type: 'Retire', final: true, deks: [dek] })
      .then(retiredForGood);
    given(retiredForGood).when(retire).thenNothing();
    given(retiredForGood).when({ type: 'Retire', final: true, deks: [] }).thenNothing();
  });
  it('reinstates what was retired, unless that was for good', () => {
    given().when(reinstate).thenNothing();
    given(retired)
      .when(reinstate)
      .then({ type: 'StreamReinstated', data: { reason: 'whole again' } });
    given(retired, { type: 'StreamReinstated', data: {} }).when(retire).then(retired);
    given(retiredForGood).when(reinstate).thenRefused('stream-retired-for-good');
  });
});

const reason = fc.option(fc.string(), { nil: undefined });
const command: fc.Arbitrary<StreamRepairCommand> = fc.oneof(
  fc.record({
    type: fc.constant('Skip' as const),
    revision: fc.nat(3),
    eventId: fc.constantFrom(eventId, dek),
    eventType: fc.string(),
    reason: fc.string(),
  }),
  fc.record({ type: fc.constant('Retire' as const), final: fc.boolean(), deks: fc.constant([dek]), reason }),
  fc.record({ type: fc.constant('Reinstate' as const), reason }),
);

/** Decides and folds as the command handler does; a refusal leaves the state as it is. */
function apply(state: StreamRepairState, next: StreamRepairCommand) {
  try {
    const events = streamRepair.decide(next, state);
    return { state: events.reduce(streamRepair.evolve, state), events };
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return { state, events: [] };
  }
}

property.prop([fc.array(command), command])(
  'repairing twice repairs nothing new [events-command-idempotent]',
  (history, last) => {
    const before = history.reduce((state, next) => apply(state, next).state, streamRepair.initial);
    expect(apply(apply(before, last).state, last).events).toEqual([]);
  },
);

property.prop([fc.array(command), fc.array(command)])('what is retired for good stays so', (history, after) => {
  const run = (state: StreamRepairState, next: StreamRepairCommand) => apply(state, next).state;
  const gone = [...history, { type: 'Retire', final: true, deks: [] } as const].reduce(run, streamRepair.initial);
  expect(after.reduce(run, gone).retired).toBe('for good');
});
