import type { AppError } from '../errors/appError.ts';
import { tooManyAtOnce } from '../limits/limited.ts';
import type { KeyCalls, ServerCalls } from './registration.ts';
import type { RunningCall } from './runningCall.ts';

/** Tells why a key, or a server, may have no more calls or streams of clients at once, by its limits; undefined when it may. */
export function atOnceRefusal(call: RunningCall, ofKey: KeyCalls, ofServer: ServerCalls): AppError | undefined {
  if (call.requests === undefined) return undefined;
  const what = call.standing ? 'streams' : 'calls';
  const keyLimit = ofKey.key?.limits?.find(({ counts }) => counts === what);
  if (keyLimit !== undefined && ofKey.ofClients[what] >= keyLimit.count) return tooManyAtOnce(keyLimit, { key: true });
  const { server } = ofServer;
  const serverLimit = server?.rates?.find(({ counts }) => counts === what);
  if (server === undefined || serverLimit === undefined || ofServer.streams < serverLimit.count) return undefined;
  return tooManyAtOnce(serverLimit, { server: server.name });
}
