import type { ServerNotification } from '../../mcp/jsonRpc.ts';
import { stringifyLossless } from '../../mcp/losslessJson.ts';
import type { Room } from '../room.ts';

/** What a server sends for a call while its client is away: more gives way to what is newer. */
const MAX_MESSAGES = 100;
/** In characters of JSON. */
const MAX_CHARACTERS = 64 * 1024;

/** Notifications for a client that comes back. Of progress the newest is enough: it only grows. */
export class KeptMessages {
  #kept: { readonly notification: ServerNotification; readonly characters: number }[] = [];
  #characters = 0;
  #room: Room | undefined;

  /** @param room where what is kept from now on is counted, until it is taken: what finds no room there is not kept */
  countIn(room: Room): void {
    this.#room = room;
  }

  add(notification: ServerNotification): void {
    if (notification.method === 'notifications/progress') this.#dropProgress();
    const characters = stringifyLossless(notification).length;
    this.#kept.push({ notification, characters });
    this.#characters += characters;
    while (this.#kept.length > MAX_MESSAGES || this.#characters > MAX_CHARACTERS || !this.#fits()) {
      const oldest = this.#kept.shift();
      if (oldest === undefined) return;
      this.#characters -= oldest.characters;
    }
  }

  /** Counts all that is kept now. */
  #fits(): boolean {
    this.#room?.release();
    try {
      this.#room?.grow(this.#characters);
      return true;
    } catch {
      // Others of the key hold the rest.
      return false;
    }
  }

  /** Gives what is kept, and keeps nothing of it. */
  take(): readonly ServerNotification[] {
    const taken = this.#kept.map(({ notification }) => notification);
    this.#kept = [];
    this.#characters = 0;
    this.#room?.release();
    this.#room = undefined;
    return taken;
  }

  #dropProgress(): void {
    const at = this.#kept.findIndex(({ notification }) => notification.method === 'notifications/progress');
    const [dropped] = at === -1 ? [] : this.#kept.splice(at, 1);
    this.#characters -= dropped?.characters ?? 0;
  }
}
