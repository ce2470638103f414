import type { TestClient } from '../support/eventStoreDb/testClient.ts';
import { lengthOf, showAgain } from './history.ts';
import type { Phase, PhaseInput } from './phases.ts';
import { calmDown } from './quietPoint.ts';
import { anySubject, spoilOne } from './spoil.ts';

type Hide = (client: TestClient, stream: string) => Promise<unknown>;

const HIDING: Readonly<Record<string, { least: number; hide: Hide }>> = {
  'soft deletion': { least: 1, hide: (client, stream) => client.deleteStream(stream) },
  $maxCount: { least: 2, hide: (client, stream) => client.setStreamMetadata(stream, { maxCount: 1 }) },
  $tb: { least: 1, hide: (client, stream) => client.setStreamMetadata(stream, { truncateBefore: 1 }) },
  $maxAge: { least: 1, hide: (client, stream) => client.setStreamMetadata(stream, { maxAge: 1 }) },
};

/** An operator's everyday tool hides the history of one key or server, and it is undone. */
export const hidden: Phase = {
  name: 'an operator hides a stream',
  async run(input) {
    const { installation, random, administrate } = input;
    const subject = anySubject(input);
    if (subject === undefined) return administrate(2);
    const { stream } = subject;
    const length = await lengthOf(installation, stream);
    const how = random.pick(Object.keys(HIDING).filter((each) => HIDING[each]!.least <= length));
    installation.journal.note(`${how} of ${stream}, which has ${length} events`);
    await spoilOne(input, {
      subject,
      spoil: () => installation.operator((client) => HIDING[how]!.hide(client, stream)),
      kinds: ['hidden'],
      undo: () => showAgain(installation, stream),
    });
  },
};

/** What is gone for good is given up, with consent. */
async function giveUp({ installation }: PhaseInput, stream: string): Promise<void> {
  const { run, journal, lostStreams } = installation;
  const refused = await run(['db', 'rebuild']);
  journal.note(`db rebuild: ${refused.result} ${refused.result === 'done' ? '' : refused.code}`);
  if (refused.result !== 'refused' || refused.code !== 'history-lost') {
    journal.violation(`db rebuild accepts the loss of ${stream} unasked: ${JSON.stringify(refused)}`);
  }
  const accepted = await run(['db', 'rebuild', '--accept-loss']);
  if (accepted.result !== 'done') journal.violation(`db rebuild --accept-loss: ${JSON.stringify(accepted)}`);
  lostStreams.add(stream);
}

/** A tombstone goes only when the server is started for that. */
export function tombstone(removeTombstones: () => Promise<void>): Phase {
  return {
    name: 'an operator deletes a stream for good',
    async run(input) {
      const { installation, administrate } = input;
      const subject = anySubject(input, { isGivenUp: true });
      if (subject === undefined) return administrate(2);
      const { stream } = subject;
      await spoilOne(input, {
        subject,
        spoil: () => installation.operator((client) => client.tombstoneStream(stream)),
        kinds: ['deleted'],
        async undo() {
          await removeTombstones();
          await calmDown(installation);
          await giveUp(input, stream);
        },
      });
    },
  };
}

/** What is hidden is removed for good by a scavenge. */
export function scavenged(scavenge: () => Promise<void>): Phase {
  return {
    name: 'an operator deletes a stream and scavenges',
    async run(input) {
      const { installation, administrate } = input;
      const subject = anySubject(input, { isGivenUp: true });
      if (subject === undefined) return administrate(2);
      const length = await lengthOf(installation, subject.stream);
      await spoilOne(input, {
        subject,
        async spoil() {
          await installation.operator((client) => client.deleteStream(subject.stream));
          await scavenge();
        },
        kinds: ['hidden', 'removed'],
        // A scavenge leaves a stream's last event.
        undo: () => (length === 1 ? showAgain(installation, subject.stream) : giveUp(input, subject.stream)),
      });
    },
  };
}
