import { randomUUID } from 'node:crypto';
import { binaryEvent, jsonEvent, type EventData } from '@eventstore/db-client';
import { lengthOf } from './history.ts';
import type { Phase } from './phases.ts';
import type { Random } from './random.ts';
import { anySubject, spoilOne } from './spoil.ts';

/** Events that nobody can read, of types of ours. */
const UNREADABLE: readonly ((type: string) => EventData)[] = [
  (type) => jsonEvent({ type, data: {} }),
  (type) => jsonEvent({ type, data: { reason: 7 }, metadata: { schema: 1 } }),
  (type) => binaryEvent({ type, data: Buffer.from([0xff, 0x00, 0x7b]) }),
  (type) => jsonEvent({ type, data: { name: 'x' }, metadata: { schema: 99, hash: 5, at: 'never', actor: [] } }),
  (type) => ({ ...jsonEvent({ type, data: {} }), data: 'no JSON' }),
];

const TYPES = [
  'ApiKeyCreated',
  'ApiKeyAccessChanged',
  'ApiKeyDeleted',
  'McpServerRegistered',
  'McpServerUpdated',
  'EventSkipped',
];

/** Names of streams that are ours by their beginning, in whole or in part, or not at all. */
function strangeStream(random: Random): string {
  const names = [
    'orders-1',
    'apiKey-',
    'apiKey-42',
    `apiKey-${randomUUID()}`,
    `apiKey-${randomUUID().toUpperCase()}`,
    `mcpServer-stranger${random.below(1_000)}`,
    'mcpServer-Not A Name',
    `streamRepair-apiKey-${randomUUID()}`,
    'streamRepair-orders-1',
  ];
  return random.pick(names);
}

/** Others write whatever they like beside our streams. */
export const beside: Phase = {
  name: 'strangers write beside our streams',
  async run({ installation, administrate, random }) {
    const written: string[] = [];
    const writing = installation.operator(async (client) => {
      for (let count = 0; count < 20; count += 1) {
        const stream = strangeStream(random);
        written.push(stream);
        await client.appendToStream(stream, random.pick(UNREADABLE)(random.pick(TYPES)));
        if (random.chance(0.1)) await client.deleteStream(stream);
      }
    });
    await Promise.all([writing, administrate(3)]);
    installation.journal.note(`strangers wrote into ${[...new Set(written)].join(', ')}`);
  },
};

/** An event that can't be read stands in one of our streams, until an operator has it skipped. */
export const within: Phase = {
  name: 'a stranger writes into one of our streams',
  async run(input) {
    const { installation, administrate, random } = input;
    const subject = anySubject(input);
    if (subject === undefined) return administrate(2);
    const { stream } = subject;
    const type = random.pick(
      subject.kind === 'key' ? ['ApiKeyAccessChanged', 'ApiKeyRotated'] : ['McpServerUpdated', 'McpServerRegistered'],
    );
    const event = random.pick(UNREADABLE)(type);
    // Commands of ours may come in between, and none is when it is read.
    const revision = await lengthOf(installation, stream);
    installation.journal.note(`${type} ${JSON.stringify(event.data)} at ${stream}@${revision}`);
    await spoilOne(input, {
      subject,
      spoil: () => installation.operator((client) => client.appendToStream(stream, event)),
      // What MetaMCP did not write is named so, whether it can be read or not.
      kinds: ['unreadable', 'inserted'],
      async undo() {
        const skipped = await installation.run([
          'db',
          'skip',
          `${stream}@${revision}`,
          '--reason',
          'a stranger wrote it',
        ]);
        if (skipped.result !== 'done') installation.journal.violation(`db skip: ${JSON.stringify(skipped)}`);
      },
    });
  },
};
