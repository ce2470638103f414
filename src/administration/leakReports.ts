import type { FindLeakedKeys } from './leakedKeys.ts';
import { keysIn, type ApiKey } from '../auth/keyFormat.ts';
import { withoutKeys } from '../auth/keyText.ts';
import { escape } from '../escape.ts';
import type { CommandContext } from '../events/metadata.ts';
import type { ApiKeyAdministration } from './apiKeys.ts';
import { inSlices, type Steps } from '../slices.ts';
import type { CommandResult } from './enforcement.ts';

/** A text that was found where no secret belongs. */
export interface FoundText {
  readonly text: string;
  /** Where, as the reporter says. */
  readonly where?: string | undefined;
}

/** A key that was in what was found, and what became of it. */
export interface LeakedKey extends CommandResult {
  readonly id: string;
}

/**
 * Inactivates the keys in what was found; each is dead on every replica when this returns.
 * @param by who reports, for the audit trail
 * @param onDead called with each key as soon as it is dead, also where another one fails
 * @throws Unavailable when one is not known to be dead; those that could be are. The same report again changes nothing twice
 */
export type ReportLeaks = (
  found: readonly FoundText[],
  by: string,
  context: CommandContext,
  onDead?: (key: LeakedKey) => void,
) => Promise<readonly LeakedKey[]>;

export interface LeakReportsOptions {
  readonly find: FindLeakedKeys;
  readonly keys: Pick<ApiKeyAdministration, 'reportLeak'>;
}

/** Keys of one report that are inactivated at once: each waits for the replicas. */
const AT_ONCE = 8;

/** Of what a reporter says, in characters. */
const MAX_WHERE = 500;

/** Looked at, of a text that says where: the keys in it are found before it is cut. */
const MAX_TEXT = 8_192;

/** Makes what takes reports of leaked keys. */
export function createReportLeaks({ find, keys }: LeakReportsOptions): ReportLeaks {
  return async (found, by, context, onDead) => {
    const places = await inSlices(placesOf(found));
    const done: LeakedKey[] = [];
    const failures: unknown[] = [];
    const waiting = (await find([...places.keys()])).values();
    const work = async (): Promise<void> => {
      for (const key of waiting) {
        const { id } = key;
        try {
          const dead = { id, ...(await keys.reportLeak(id, leakReason(places.get(key) ?? '', by), context)) };
          done.push(dead);
          onDead?.(dead);
        } catch (error) {
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (failures.length > 0) throw failures[0];
    return done;
  };
}

/** Finds the keys in what was found, and where each was: their checksums take a while, and anyone can make well-formed ones. */
function* placesOf(found: readonly FoundText[]): Steps<Map<ApiKey, string>> {
  const places = new Map<ApiKey, string>();
  for (const { text, where = '' } of found) {
    for (const key of keysIn(text)) places.set(key, where);
    yield;
  }
  return places;
}

/** Writes why a key was inactivated: in texts of strangers nothing is obeyed, and no key stands. */
function leakReason(where: string, by: string): string {
  const place = where === '' ? '' : ` at ${shown(where)}`;
  return `Its secret was found in the open${place}. Reported by ${shown(by)}.`;
}

function shown(text: string): string {
  // A key of which the cut takes the end could be completed by its checksum: so it is blotted out first.
  const safe = escape(withoutQuery(withoutKeys(text.slice(0, MAX_TEXT).toWellFormed())));
  return safe.length > MAX_WHERE ? `${safe.slice(0, MAX_WHERE - 1)}…` : safe;
}

/** What stands in a URL besides its place may be the secret in another spelling. */
function withoutQuery(text: string): string {
  const place = text.split(/[?#]/, 1)[0] ?? '';
  return place.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/@]*@/i, '$1');
}
