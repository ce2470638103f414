import { Limited, Unavailable, type AppError } from '../../errors/appError.ts';

/** Programs that may run at once. What has ended counts until nothing is left of it. */
export interface SlotLimits {
  /** Of the whole gateway. (Default: 256, STDIO_MAX_PROGRAMS) */
  readonly all: number;
  /** Of one server. (Default: 128, STDIO_MAX_PROGRAMS_PER_SERVER) */
  readonly server: number;
  /** Of one key. (Default: 128, STDIO_MAX_PROGRAMS_PER_KEY) */
  readonly key: number;
}

export const DEFAULT_SLOT_LIMITS: SlotLimits = { all: 256, server: 128, key: 128 };

/** For whom a program is started. */
export interface Claim {
  readonly server: string;
  /** Undefined: for whoever uses the server. */
  readonly keyId: string | undefined;
}

/** Which of the limits is reached. */
export type FullBy = keyof SlotLimits;

/** Counts the programs that run, of each server and of each key. */
export class ProgramSlots {
  readonly #limits: SlotLimits;
  readonly #taken = { all: 0, server: new Map<string, number>(), key: new Map<string, number>() };

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  /** Tells which limit leaves no slot; undefined: there is one. */
  fullBy({ server, keyId }: Claim): FullBy | undefined {
    if (keyId !== undefined && (this.#taken.key.get(keyId) ?? 0) >= this.#limits.key) return 'key';
    if ((this.#taken.server.get(server) ?? 0) >= this.#limits.server) return 'server';
    return this.#taken.all >= this.#limits.all ? 'all' : undefined;
  }

  /** Takes a slot. @returns what gives it back, once */
  take({ server, keyId }: Claim): () => void {
    let isTaken = true;
    this.#count(server, keyId, 1);
    return () => {
      if (isTaken) this.#count(server, keyId, -1);
      isTaken = false;
    };
  }

  /** The error of a claim that finds no slot. */
  refusal({ server }: Claim, by: FullBy): AppError {
    const limit = this.#limits[by];
    const data = { server, limit, of: by, processed: false };
    if (by === 'key') {
      const message = `This API key has ${String(limit)} programs running, as many as it may. End sessions that are not used, or raise STDIO_MAX_PROGRAMS_PER_KEY.`;
      return new Limited('too-many-programs', message, { data });
    }
    const message =
      by === 'server'
        ? `The server "${server}" has ${String(limit)} programs running, as many as it may. Let sessions share one (isolation key or shared), or raise STDIO_MAX_PROGRAMS_PER_SERVER.`
        : `The gateway has ${String(limit)} programs of servers running, as many as it may. Let sessions share them (isolation key or shared), or raise STDIO_MAX_PROGRAMS.`;
    return new Unavailable('too-many-programs', message, { data });
  }

  #count(server: string, keyId: string | undefined, difference: 1 | -1): void {
    this.#taken.all += difference;
    add(this.#taken.server, server, difference);
    if (keyId !== undefined) add(this.#taken.key, keyId, difference);
  }
}

function add(counts: Map<string, number>, name: string, difference: number): void {
  const count = (counts.get(name) ?? 0) + difference;
  if (count === 0) counts.delete(name);
  else counts.set(name, count);
}
