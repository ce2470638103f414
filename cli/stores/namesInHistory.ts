import { Unavailable } from '../../src/errors/appError.ts';
import { subjectOf } from '../../src/events/streamName.ts';
import type { Queryable } from '../../src/postgres/database.ts';
import { keyNames } from '../../src/projections/tables/apiKeys.ts';
import { objectIn, optionalIn, readable, StrangeJson, textIn } from '../../src/storedJson.ts';
import { keyOfActor, type KeyNames } from '../views/keyView.ts';

/** What is looked at of an event; one that can't be read has its stream alone. */
interface Happened {
  readonly stream: string;
  readonly actor?: string;
  readonly data?: unknown;
}

function relatedIn(data: Readonly<Record<string, unknown>>) {
  return {
    ...optionalIn(data, 'name', textIn),
    ...optionalIn(data, 'rotatedFrom', idIn),
    ...optionalIn(data, 'successorId', idIn),
  };
}

function idIn(stored: unknown): string {
  const id = textIn(stored);
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) throw new StrangeJson('an id');
  return id;
}

/**
 * Finds the names of the keys that events are about, come from or were made by. A key that the tables do not have yet is
 * named by its own creation; while the database is away, that is all.
 */
export async function namesInHistory(db: Queryable, events: readonly Happened[]): Promise<KeyNames> {
  const ids = new Set<string>();
  const created = new Map<string, string>();
  for (const { stream, actor = '', data } of events) {
    const subject = subjectOf(stream);
    const id = subject !== undefined && 'key' in subject ? subject.key : undefined;
    const related: Partial<ReturnType<typeof relatedIn>> = readable(() => relatedIn(objectIn(data))) ?? {};
    const { name, rotatedFrom, successorId } = related;
    if (id !== undefined && name !== undefined) created.set(id, name);
    for (const each of [id, keyOfActor(actor), rotatedFrom, successorId]) if (each !== undefined) ids.add(each);
  }
  try {
    return new Map([...created, ...(await keyNames(db, [...ids]))]);
  } catch (error) {
    if (error instanceof Unavailable) return created;
    throw error;
  }
}
