import type { ToolGrant } from '../access/grants.ts';
import type { LiveKey } from '../live/liveKey.ts';
import type { LiveServer } from '../live/liveServer.ts';
import type { RunningCall } from './runningCall.ts';
import type { Tally } from './share.ts';
import { SlotList, type Slot } from './slotList.ts';

/** What one key has under way. It outlives the last call by a sweep or two, so that not every call makes one anew. */
export class KeyCalls {
  readonly calls = new SlotList<Registration>();
  /** By server. */
  readonly #tallies = new Map<string, Tally>();
  /** Calls and streams of its clients, wherever they lead. */
  readonly ofClients = { calls: 0, streams: 0 };
  /** Of bodies under way. */
  bodyBytes = 0;
  readonly id: string;
  /** As it was last known; undefined: it is gone. */
  key: LiveKey | undefined;
  /** Nothing of it was under way at the last sweep, nor has been since. */
  idle = false;
  /** Lets the memory of keys forget it. */
  readonly release: () => void;

  constructor(key: LiveKey, release: () => void) {
    this.id = key.id;
    this.key = key;
    this.release = release;
  }

  tallyAt(server: string): Tally {
    let tally = this.#tallies.get(server);
    if (tally === undefined) this.#tallies.set(server, (tally = { calls: 0, standing: 0 }));
    return tally;
  }

  /** The one that a call counts in. Undefined: none. */
  tallyOf({ server, standing, countsAt }: RunningCall): Tally | undefined {
    if (server !== undefined) return this.tallyAt(server.name);
    return standing && countsAt !== undefined ? this.tallyAt(countsAt) : undefined;
  }

  get isEmpty(): boolean {
    return this.calls.size === 0 && this.bodyBytes === 0;
  }
}

/** What is under way at one server. It outlives the last call by a sweep or two, so that not every call makes one anew. */
export class ServerCalls {
  readonly calls = new SlotList<Registration>();
  /** Those that are no standing streams. */
  underWay = 0;
  /** Standing streams of clients. */
  streams = 0;
  /** Nothing of it was under way at the last sweep, nor has been since. */
  idle = false;
  /** As it was last known; undefined: it is gone, or these calls use none. */
  server: LiveServer | undefined;
  /** Lets the memory of servers forget it. */
  readonly release: () => void;

  constructor(server: LiveServer | undefined, release: () => void) {
    this.server = server;
    this.release = release;
  }

  get isEmpty(): boolean {
    return this.calls.size === 0;
  }
}

/** Where a running call stands in the register. */
export class Registration {
  readonly call: RunningCall;
  /** Undefined for a principal without a key. */
  readonly ofKey: KeyCalls | undefined;
  readonly ofServer: ServerCalls;
  /** Of its key at its server. */
  readonly tally: Tally | undefined;
  /** The key's grant for its server when it was admitted. */
  readonly grantAtBegin: ToolGrant | undefined;
  /** It was cut. */
  isCut = false;
  /** It was open when the lease lapsed, or at a look after that. */
  hasSeenLapse = false;
  readonly #keySlot: Slot<Registration> | undefined;
  readonly #serverSlot: Slot<Registration>;

  constructor(call: RunningCall, begunWith: ToolGrant | undefined, ofKey: KeyCalls | undefined, ofServer: ServerCalls) {
    this.call = call;
    this.ofKey = ofKey;
    this.ofServer = ofServer;
    this.tally = ofKey?.tallyOf(call);
    this.grantAtBegin = begunWith;
    this.#keySlot = ofKey?.calls.add(this);
    this.#serverSlot = ofServer.calls.add(this);
    this.#count(1);
  }

  get hasEnded(): boolean {
    return this.#serverSlot.index === -1;
  }

  /** Takes the call out. Returns false when it was out already. */
  end(): boolean {
    if (!this.ofServer.calls.remove(this.#serverSlot)) return false;
    if (this.#keySlot !== undefined) this.ofKey?.calls.remove(this.#keySlot);
    this.#count(-1);
    return true;
  }

  #count(difference: 1 | -1): void {
    const { standing, requests } = this.call;
    count(this.tally, standing ? 'standing' : 'calls', difference);
    if (!standing) this.ofServer.underWay += difference;
    if (requests === undefined) return;
    if (standing) this.ofServer.streams += difference;
    if (this.ofKey !== undefined) this.ofKey.ofClients[standing ? 'streams' : 'calls'] += difference;
  }
}

function count(tally: Tally | undefined, what: keyof Tally, difference: 1 | -1): void {
  if (tally !== undefined) tally[what] += difference;
}
