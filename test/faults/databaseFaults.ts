import { setTimeout as delay } from 'node:timers/promises';
import { between } from './between.ts';
import type { DatabaseLine } from './databaseLines.ts';
import type { Installation } from './installation.ts';
import { meanwhile, type Phase, type PhaseInput } from './phases.ts';

/** Longer than a lease, and than what a report waits for one that is connected and silent. */
const FAULT_MS = 12_000;
/** How long a fault outlasts a revocation, more than a call may be late (waitingCaller.ts): recovery ends calls, too. */
const AFTERMATH_MS = 4_000;

interface Target {
  readonly installation: Installation;
  readonly line: DatabaseLine;
}

type Fault = (target: Target, during: () => Promise<void>) => Promise<void>;

/** How a line fails, and what is done about it in the end. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'is cut': async ({ line }, during) => (line.proxy.cut(), during()),
  'hangs for good': async ({ line }, during) => (line.proxy.strand(), during()),
  'is frozen': ({ line }, during) => held(line, 'freeze', during),
  'is mute': ({ line }, during) => held(line, 'mute', during),
  'is deaf': ({ line }, during) => held(line, 'deafen', during),
  'is down': ({ line }, during) =>
    between(
      () => line.proxy.stop(),
      during,
      () => line.proxy.start(),
    ),
  // The server has forgotten a session, which its owner takes to be well.
  'is mute, and its sessions end on the server': ({ line, installation }, during) =>
    held(line, 'mute', async () => {
      await installation.lines.endSessions();
      await during();
    }),
  'is frozen, and its sessions end on the server': ({ line, installation }, during) =>
    held(line, 'freeze', async () => {
      await installation.lines.endSessions();
      await during();
    }),
};

function held({ proxy }: DatabaseLine, how: 'freeze' | 'mute' | 'deafen', during: () => Promise<void>): Promise<void> {
  return between(
    async () => proxy[how](),
    during,
    async () => proxy.thaw(),
  );
}

/** What is let in is revoked first, while those who do not hear of it may still trust what they know. */
async function begin({ administrate }: PhaseInput, during: () => Promise<void>): Promise<void> {
  await administrate(1, 'revoke');
  await Promise.all([during(), delay(AFTERMATH_MS)]);
}

/** Runs `work`, and returns when it has ended or the fault has lasted long enough: some of it waits for the end. */
async function whileItLasts(work: Promise<void>): Promise<void> {
  const enough = new AbortController();
  await Promise.race([work, delay(FAULT_MS, undefined, { signal: enough.signal }).catch(() => undefined)]);
  enough.abort();
}

/** Lets something in, then revokes it while `disturb` lasts. */
async function revokeMeanwhile(
  input: PhaseInput,
  disturb: (during: () => Promise<void>) => Promise<void>,
): Promise<void> {
  await input.administrate(1, 'grow');
  await input.callsUnderWay();
  await meanwhile(input, async (during) => {
    let working = Promise.resolve();
    await disturb(async () => {
      working = begin(input, during);
      await whileItLasts(working);
    });
    await working;
  });
}

/** The network between PostgreSQL and one gateway, or the CLI, fails. */
export const lineFault: Phase = {
  name: 'the network to PostgreSQL fails',
  async run(input) {
    const { installation, random } = input;
    const line = random.pick(installation.lines.all);
    const how = random.pick(Object.keys(FAULTS));
    installation.journal.note(`the line of ${line.name} to PostgreSQL ${how}`);
    await revokeMeanwhile(input, (during) => FAULTS[how]!({ installation, line }, during));
  },
};

/** A gateway's process stands still, as on a machine that swaps or is migrated; its sessions may end meanwhile. */
export const standstill: Phase = {
  name: 'a gateway stands still',
  async run(input) {
    const { installation, random } = input;
    const replica = random.pick(installation.replicas);
    const isForgotten = random.chance(0.7);
    installation.journal.note(`${replica.name} stands still${isForgotten ? ', and its sessions end' : ''}`);
    await revokeMeanwhile(input, (during) =>
      replica.pause(async () => {
        if (isForgotten) await installation.lines.endSessions();
        await during();
      }),
    );
  },
};

/** PostgreSQL ends every session, as at a failover. */
export const sessionsEnd: Phase = {
  name: 'PostgreSQL ends every session',
  async run(input) {
    await input.administrate(1, 'grow');
    await input.callsUnderWay();
    await meanwhile(input, async (during) => {
      await input.installation.lines.endSessions();
      await begin(input, during);
    });
  },
};

export const DATABASE_PHASES: readonly Phase[] = [lineFault, lineFault, lineFault, lineFault, standstill, sessionsEnd];
