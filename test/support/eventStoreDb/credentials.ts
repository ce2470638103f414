import type { Metadata } from '@grpc/grpc-js';

import { rpcErrors } from './rpcErrors.ts';
import { isMetastream, originalStreamOf } from './streamState.ts';

export interface User {
  readonly password: string;
  readonly isAdmin: boolean;
}

/** Who may do what. Without TLS everybody may do everything, as on a real server in insecure mode. */
export class Credentials {
  readonly #users: ReadonlyMap<string, User> | undefined;

  /** @param users By name; undefined in insecure mode. */
  constructor(users: Readonly<Record<string, User>> | undefined) {
    this.#users = users === undefined ? undefined : new Map(Object.entries(users));
  }

  /** @throws RpcError when the caller names a user or password that is not right, or may not use the stream */
  assertAccess(metadata: Metadata, stream: string): void {
    const user = this.authenticate(metadata);
    // Who may write a stream may write its metadata.
    const guarded = isMetastream(stream) ? originalStreamOf(stream) : stream;
    if (user === 'everybody' || (user !== undefined && (user.isAdmin || !guarded.startsWith('$')))) return;
    throw rpcErrors.accessDenied();
  }

  /** Answers undefined for an anonymous caller. @throws RpcError */
  authenticate(metadata: Metadata): User | 'everybody' | undefined {
    if (this.#users === undefined) return 'everybody';
    const [header] = metadata.get('authorization');
    if (header === undefined) return undefined;
    const [, encoded] = /^Basic (.+)$/.exec(String(header)) ?? [];
    const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? [];
    const user = this.#users.get(name ?? '');
    if (user === undefined || user.password !== password) throw rpcErrors.unauthenticated();
    return user;
  }
}
