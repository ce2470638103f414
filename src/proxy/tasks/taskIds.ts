import { LRUCache } from 'lru-cache';
import { createTextSeal } from '../sealedText.ts';

/** A task of a server as the id that the client holds describes it. */
export interface Task {
  /** What the client holds. */
  readonly id: string;
  readonly keyId: string;
  /** The server, and where it is (Lane.placeOf), or the view of the aggregate, whose servers begin the ids of their tasks with that. */
  readonly place: string;
  /** The server's own id. */
  readonly upstreamId: string;
  /**
   * The tool that made it for this key. Undefined: the server has only mentioned it, and whose it is can't be known; such an
   * id is good for nothing but to be sent back where the client answers the server.
   */
  readonly tool: string | undefined;
}

/** Whose task it is, and where. */
export type TaskOwner = Pick<Task, 'keyId' | 'place'>;

/**
 * Seals the ids of tasks into self-describing ones and opens them: any replica, and a restarted gateway, knows whose a task
 * is; no client can read or make such an id. The latest ones are remembered, so that a task keeps one id.
 */
export interface TaskIds {
  /** Seals the id of a task that the server has just made for a call. Undefined: it is too long to be an id. */
  made(owner: TaskOwner, tool: string, upstreamId: string): string | undefined;
  /** Seals an id that a server has mentioned on its own, or returns undefined when it is too long. */
  mentioned(owner: TaskOwner, upstreamId: string): string | undefined;
  /** Finds a task of this key among those remembered. */
  find(owner: TaskOwner, upstreamId: string): Task | undefined;
  /** Opens what a client holds, or returns undefined when it is no id of a task of this key at this place. */
  open(owner: TaskOwner, id: string): Task | undefined;
}

/** A longer id does not fit into a header (MCP extension tasks, "Routing Headers"), with what else a client sends there. */
const MAX_LENGTH = 4_096;

const REMEMBERED = 10_000;
const REMEMBERED_CHARACTERS = 16 * 1024 * 1024;

/** @param key 32 bytes, the same on every replica */
export function createTaskIds(key: Buffer): TaskIds {
  const texts = createTextSeal(key, 'metamcp task id');
  const remembered = new LRUCache<string, Task>({
    max: REMEMBERED,
    maxSize: REMEMBERED_CHARACTERS,
    sizeCalculation: ({ id, upstreamId }) => id.length + 2 * upstreamId.length,
  });

  function seal({ keyId, place }: TaskOwner, tool: string | undefined, upstreamId: string): string | undefined {
    if (upstreamId.length > MAX_LENGTH) return undefined;
    const id = texts.seal(JSON.stringify([keyId, place, upstreamId, ...(tool === undefined ? [] : [tool])]));
    if (id.length > MAX_LENGTH) return undefined;
    remembered.set(nameOf({ keyId, place }, upstreamId), { id, keyId, place, upstreamId, tool });
    return id;
  }

  return {
    made(owner, tool, upstreamId) {
      const known = remembered.get(nameOf(owner, upstreamId));
      return known?.tool === tool ? known.id : seal(owner, tool, upstreamId);
    },
    mentioned(owner, upstreamId) {
      return remembered.get(nameOf(owner, upstreamId))?.id ?? seal(owner, undefined, upstreamId);
    },
    find(owner, upstreamId) {
      return remembered.get(nameOf(owner, upstreamId));
    },
    open(owner, id) {
      const text = texts.open(id);
      if (text === undefined) return undefined;
      const task = { id, ...parse(text) };
      if (task.keyId !== owner.keyId || task.place !== owner.place) return undefined;
      const name = nameOf(owner, task.upstreamId);
      if (task.tool !== undefined || !remembered.has(name)) remembered.set(name, task);
      return task;
    },
  };
}

function nameOf({ keyId, place }: TaskOwner, upstreamId: string): string {
  return `${keyId} ${place} ${upstreamId}`;
}

/** Reads what `seal` wrote; its tag has proved that it did. */
function parse(text: string): Omit<Task, 'id'> {
  const [keyId, place, upstreamId, tool] = JSON.parse(text) as [string, string, string, string | undefined];
  return { keyId, place, upstreamId, tool };
}
