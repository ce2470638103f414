import type { Socket } from 'node:net';
import { Connection, type Address, type ConnectionContext } from './connection.ts';
import { shareOf } from './limits.ts';
import { networkOf } from './network.ts';

/** The connections of this process, within their bounds. */
export interface Connections extends Iterable<Connection> {
  /** Takes a new connection in; undefined when there is no room for it. */
  add(socket: Socket, now: number): Connection | undefined;
  remove(connection: Connection): void;
  /** A good credential came by this connection: its place is not a stranger's any more. */
  recognise(connection: Connection): void;
}

/** A stranger may take an answer for so long, in milliseconds, before it gives way to a newer connection. */
const STRANGERS_TIME_MS = 10_000;

/** Makes the list of connections, empty, with the bounds of the context. */
export function createConnections(context: ConnectionContext): Connections {
  const { maxConnections, maxConnectionsPerAddress, maxStrangers } = context.limits;
  const maxStrangersPerAddress = shareOf(maxStrangers);
  const all: Connection[] = [];
  const strangers: Connection[] = [];
  const addresses = new Map<string, Address>();

  /**
   * Makes room by closing a stranger without a whole request, or one that has had its time: the oldest one of the address that
   * has most of them.
   */
  function evict(of: Address | undefined, now: number): boolean {
    let victim: Connection | undefined;
    for (const stranger of strangers) {
      const mayGo = stranger.waitsForClient || now - stranger.since >= STRANGERS_TIME_MS;
      if (!mayGo || (of !== undefined && stranger.address !== of)) continue;
      if (victim === undefined || goesFirst(stranger, victim)) victim = stranger;
    }
    if (victim === undefined) return false;
    remove(victim);
    victim.below.destroy();
    return true;
  }

  function hasRoom(address: Address, now: number): boolean {
    const hasItsShare = address.connections >= maxConnectionsPerAddress || address.strangers >= maxStrangersPerAddress;
    if (hasItsShare) return evict(address, now);
    const isFull = all.length >= maxConnections || strangers.length >= maxStrangers;
    return !isFull || evict(undefined, now);
  }

  function recognise(connection: Connection): void {
    if (!connection.isStranger) return;
    takeFromStrangers(connection);
    connection.traffic?.recognised?.();
  }

  function takeFromStrangers(connection: Connection): void {
    const { strangersPlace: place } = connection;
    const last = strangers.pop();
    if (last !== undefined && last !== connection) {
      strangers[place] = last;
      last.strangersPlace = place;
    }
    connection.strangersPlace = -1;
    connection.address.strangers -= 1;
  }

  function remove(connection: Connection): void {
    const { place, address } = connection;
    if (place === -1) return;
    if (connection.isStranger) takeFromStrangers(connection);
    connection.traffic?.close();
    const last = all.pop();
    if (last !== undefined && last !== connection) {
      all[place] = last;
      last.place = place;
    }
    connection.place = -1;
    address.connections -= 1;
    if (address.connections === 0) addresses.delete(address.name);
  }

  return {
    add(socket, now) {
      const name = networkOf(socket.remoteAddress ?? '');
      const address = addresses.get(name) ?? { name, connections: 0, strangers: 0, waiting: 0, streams: 0 };
      if (!hasRoom(address, now)) return undefined;
      // Making room may have removed the address's last connection, and the address with it.
      addresses.set(name, address);
      const connection = new Connection(context, socket, address, now);
      connection.place = all.push(connection) - 1;
      connection.strangersPlace = strangers.push(connection) - 1;
      address.connections += 1;
      address.strangers += 1;
      return connection;
    },
    remove,
    recognise,
    [Symbol.iterator]: () => all[Symbol.iterator](),
  };
}

function goesFirst(one: Connection, other: Connection): boolean {
  const more = one.address.strangers - other.address.strangers;
  return more > 0 || (more === 0 && one.since < other.since);
}
