import { hash } from 'node:crypto';
import { addressDigest } from '../events/serverAddress.ts';
import { connectionName, type LiveServer } from './liveServer.ts';

/**
 * Names a server, as a key reaches it, at the place where it is: another one that has got its name, the same one elsewhere, and the
 * same one with another credential of the key are others. What clients hold of a server belongs to its place. One line of ASCII
 * without `_` and `/`.
 */
export function placeOf(server: LiveServer): string {
  const { name, registeredAt, transport, url, program, address } = server;
  const { command, args = [], cwd } = program ?? {};
  const where = address ?? addressDigest({ transport, url: url?.href, command, args: [...args], cwd });
  const digest = hash('sha256', JSON.stringify([connectionName(server), registeredAt ?? null, where]), 'hex');
  return `${name}.${digest.slice(0, 16)}`;
}
