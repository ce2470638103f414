import { createSecureContext, type SecureContext } from 'node:tls';
import { Invalid } from '../../errors/appError.ts';
import type { ConnectionSettings } from './connectionString.ts';

type Tls = ConnectionSettings['tls'];

/**
 * Makes the function that says with which certificates to connect now: those in the files as they are, so that they can be
 * renewed without a restart; as long as these can't be used, for instance half written, those before.
 * @param readTls reads the files. @throws Invalid
 */
export function contextOf(first: Tls, readTls: () => Tls): () => SecureContext | undefined {
  let known = first;
  let context = make(first);
  return () => {
    const now = readOr(known, readTls);
    if (!isSame(known, now)) {
      context = make(now);
      known = now;
    }
    return context;
  };
}

function make(tls: Tls): SecureContext | undefined {
  return tls && createSecureContext({ ca: tls.ca, key: tls.key, cert: tls.certificate });
}

function readOr(before: Tls, readTls: () => Tls): Tls {
  // Nothing of it stands in a file.
  if (before?.ca === undefined && before?.certificate === undefined) return before;
  try {
    return readTls();
  } catch (error) {
    if (error instanceof Invalid) return before;
    throw error;
  }
}

function isSame(one: Tls, other: Tls): boolean {
  return (['ca', 'certificate', 'key'] as const).every((member) => {
    const [a, b] = [one?.[member], other?.[member]];
    return a === undefined || b === undefined ? a === b : a.equals(b);
  });
}
