import { expect } from 'vitest';
import type { Installation } from './installation.ts';
import { callWith } from './judge.ts';
import type { KeySubject } from './keySubject.ts';
import type { PhaseInput } from './phases.ts';
import { calmDown } from './quietPoint.ts';
import type { ServerSubject } from './serverSubject.ts';

export type AnySubject = KeySubject | ServerSubject;

/** What a phase of spoiling does. */
export interface Spoiling {
  readonly subject: AnySubject;
  /** What is done to the subject's stream. */
  readonly spoil: () => Promise<unknown>;
  /** What `audit verify` must call it then. */
  readonly kinds: readonly string[];
  /** The documented way back. */
  readonly undo: () => Promise<void>;
}

/**
 * A subject with a history, if there is one. @param isGivenUp It is going to be lost for good. `audit verify` does not accept
 * the loss of a key that another key's events name, so such a one is spared.
 */
export function anySubject(
  { installation, random }: PhaseInput,
  { isGivenUp = false }: { isGivenUp?: boolean } = {},
): AnySubject | undefined {
  const { keys, servers, lostStreams } = installation;
  const began = servers.filter(({ states }) => states.every(({ status }) => status !== 'never'));
  const some = isGivenUp ? keys.filter(({ named }) => !named) : keys;
  const possible = [...some, ...began].filter(({ stream, retired }) => !lostStreams.has(stream) && retired === 'no');
  return possible.length === 0 ? undefined : random.pick(possible);
}

/** Spoils one stream, and sees that it concerns its key or server alone, that `verify` says so, and that there is a way back. */
export async function spoilOne({ installation, administrate }: PhaseInput, spoiling: Spoiling): Promise<void> {
  const { journal } = installation;
  const { subject, spoil, kinds, undo } = spoiling;
  subject.spoilt = true;
  journal.note(`${subject.kind} ${subject.id} is spoilt`);
  await spoil();
  for (const replica of installation.replicas) {
    await expect.poll(() => callWith(installation, replica, subject), { timeout: 60_000 }).not.toBe(200);
  }
  // Everybody else's administration goes on, and somebody may try this one.
  await administrate(2);
  await calmDown(installation);
  const found = await faultOf(installation);
  const names = found === undefined ? 'intact' : `${found.kind} ${found.stream}`;
  journal.note(`audit verify: ${names}`);
  if (found === undefined || found.stream !== subject.stream || !kinds.includes(found.kind)) {
    journal.violation(`audit verify says ${names} instead of ${kinds.join(' or ')} ${subject.stream}`);
  }
  await undo();
  await whole(installation, subject);
  subject.spoilt = false;
}

async function faultOf({ cli }: Installation): Promise<{ kind: string; stream: string } | undefined> {
  const { stdout } = await cli.run(['audit', 'verify', '--json']);
  const report = JSON.parse(stdout) as { ok?: boolean; fault?: { kind: string; stream: string }; error?: object };
  if (report.error !== undefined) throw new Error(`audit verify: ${stdout}`);
  return report.fault;
}

/** Waits until the read tables know that a stream is whole, and lets what was retired be used again. */
async function whole(installation: Installation, subject: AnySubject): Promise<void> {
  const { run, journal, lostStreams } = installation;
  await calmDown(installation);
  if (lostStreams.has(subject.stream)) return;
  // A list is brought up to date before it is shown.
  await run(subject.kind === 'key' ? ['keys', 'list'] : ['servers', 'list']);
  if (subject.retired === 'no' || subject.retired === 'for good') return;
  subject.epoch += 1;
  subject.revoked = false;
  const again = subject.kind === 'key' ? ['keys', 'activate', subject.id] : ['servers', 'enable', subject.id];
  const outcome = await run([...again, '--reason', 'whole again']);
  journal.note(`${again.join(' ')}: ${outcome.result} ${outcome.result === 'done' ? '' : outcome.code}`);
  const refusal = outcome.result === 'done' ? 'done' : outcome.code;
  if (refusal === 'stream-retired-for-good') subject.retired = 'for good';
  else if (refusal === 'done') {
    subject.retired = 'no';
    subject.states = subject.states.map((state) => revived(subject, state)) as never;
  } else if (refusal !== 'key-deleted' && refusal !== 'server-not-found') {
    journal.violation(`${again.join(' ')}: ${JSON.stringify(outcome)}`);
  }
}

function revived(subject: AnySubject, state: AnySubject['states'][number]): object {
  return { ...state, status: subject.kind === 'key' ? 'active' : 'enabled' };
}
