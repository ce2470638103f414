import type { MemberConnection } from './memberConnection.ts';
import type { ListName, MemberParts, PartName } from './memberParts.ts';

/** A part of a server, as far as it is known. */
export interface Known<Part extends PartName> {
  /** The last one that the server gave; undefined: it has given none. */
  readonly value: MemberParts[Part] | undefined;
  /** Why it may not be what the server would give now: the code of the error, or `starting`. Undefined: it is. */
  readonly failure: string | undefined;
}

/**
 * What the servers of aggregates offer, remembered. A server that is slow, broken or gone delays nobody for longer than a bound,
 * and what it has offered last stays known.
 */
export interface MemberLists {
  /** Gives what is known of a part; waits for the server within the bound, where that may tell more. Never throws. */
  read<Part extends PartName>(connection: MemberConnection, part: Part): Known<Part> | Promise<Known<Part>>;
  /** Gives what is known now, and asks nobody. */
  peek<Part extends PartName>(listsKey: string, part: Part): Known<Part> | undefined;
  /** A server has sent that a list of its has changed. */
  changed(connection: MemberConnection, list: ListName): void;
  /** Adds a listener for parts that are others than were given out; returns what removes it. */
  onChange(listener: (listsKey: string, part: PartName) => void): () => void;
}
