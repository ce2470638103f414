import { goodUntilMs, type LiveKey } from '../live/liveKey.ts';
import type { LiveKeys } from '../live/liveKeys.ts';
import type { LiveServer, LiveServers } from '../live/liveServer.ts';
import type { Principal } from '../auth/principal.ts';
import type { Clock } from '../clock.ts';
import { AppError, Unavailable } from '../errors/appError.ts';
import { gatewayStopping } from '../errors/gatewayStopping.ts';
import type { Logger } from '../logging/logger.ts';
import type { Invalidations } from '../live/invalidations.ts';
import { atOnceRefusal } from './atOnceRefusal.ts';
import { BodyRoom, type BodyLease } from './bodyRoom.ts';
import type { Circuits } from './circuits.ts';
import { CUT_GRACE_MS, DEFAULT_CALL_LIMITS, type CallLimits } from './callLimits.ts';
import { createDeadlines, type DeadlinesOptions } from './deadlines.ts';
import { keyRefusal } from './keyRefusal.ts';
import { RateLimits } from './rateLimits.ts';
import { KeyCalls, Registration, ServerCalls } from './registration.ts';
import type { RunningCall } from './runningCall.ts';
import { loadOf, type ServerLoad } from './serverLoad.ts';
import { serverRefusal } from './serverRefusal.ts';
import { slotRefusal, streamRefusal } from './share.ts';

/**
 * All calls and open streams of this process, by key and by server, whatever carries them. What a key or a server may no
 * longer do is cut here, and so for every face alike. It hears of each change that memory takes in, before anybody gets the
 * new value, so that a change is confirmed only after its cuts. Disposing of it ends servers' streams, lets calls end within a bound, then
 * cuts what is left; feeds of what happens here see all of that and are cut last.
 */
export interface CallRegister extends AsyncDisposable {
  /** Calls and streams under way. */
  readonly size: number;
  /** What is under way at each server. Looks at each call. */
  load(): Iterable<ServerLoad>;
  /** Of bodies under way, and of answers that are read whole. */
  readonly bodyBytes: number;
  /** Which servers are asked by nobody. Undefined: each one is. */
  readonly circuits?: Circuits | undefined;
  /**
   * Takes a call in.
   * @returns what is called when it ends, at least once, the first time with the bytes that it took (Default: 0)
   * @throws Unauthorized `key-revoked`, `key-expired`, `key-access-changed`; Unavailable `server-deleted`, `server-disabled`,
   * `server-changed`, `server-busy`, `gateway-stopping`; Limited `too-many-calls`, `too-many-streams`, `rate-limited`
   */
  open(call: RunningCall): (bytes?: number) => void;
  /** Cuts what is under way at a server in a session that its client has ended. */
  cutSession(server: string, token: string, reason: AppError): void;
  /** Makes room for a body or an answer that is read whole, which counts against its key until its release. */
  leaseBody(principal: Pick<Principal, 'key'>): BodyLease;
}

export interface CallRegisterOptions {
  readonly keys: Pick<LiveKeys, 'find' | 'hold' | 'onChange'>;
  readonly servers: Pick<LiveServers, 'find' | 'hold' | 'onChange'>;
  readonly invalidations: Pick<Invalidations, 'onLapse'>;
  /** Of keys' ends, in milliseconds since the epoch. */
  readonly clock: Clock;
  /** Of calls' clocks. */
  readonly steadyClock: Clock;
  readonly logger: Logger;
  readonly circuits?: Circuits | undefined;
  readonly limits?: Partial<CallLimits>;
  /** By time, of keys and servers. (Default: those of this process alone) */
  readonly rates?: RateLimits | undefined;
  /** See Deadlines. */
  readonly startTimer?: DeadlinesOptions['startTimer'];
}

/** Makes the register of running calls. docs/adr/0005. */
export function createCallRegister(options: CallRegisterOptions): CallRegister {
  const { keys, servers, invalidations, clock, steadyClock, logger, startTimer } = options;
  const limits: CallLimits = { ...DEFAULT_CALL_LIMITS, ...options.limits };
  const byKey = new Map<string, KeyCalls>();
  const byServer = new Map<string, ServerCalls>();
  const withoutServer = new ServerCalls(undefined, () => undefined);
  /** Of principals without a key: the CLI and the terminal interface. */
  const withoutKey = { bodyBytes: 0 };
  const { rates = new RateLimits(steadyClock) } = options;
  let open = 0;
  const room = new BodyRoom(limits);
  let stopping = false;
  let onEnd: (() => void) | undefined;
  const deadlines = createDeadlines({
    clock,
    startTimer,
    onDue(id) {
      const key = byKey.get(id)?.key;
      if (key !== undefined) judgeKey(id, key);
    },
  });
  const stopListening = [
    keys.onChange(judgeKey),
    servers.onChange(judgeServer),
    invalidations.onLapse(cutTheUncertain),
  ];
  const timer = setInterval(sweep, limits.sweepMs);
  timer.unref();

  function callsOfKey(key: LiveKey): KeyCalls {
    let ofKey = byKey.get(key.id);
    if (ofKey === undefined) {
      ofKey = new KeyCalls(key, keys.hold(key.id, key));
      byKey.set(key.id, ofKey);
      follow(ofKey, key);
    }
    ofKey.idle = false;
    return ofKey;
  }

  function callsOfServer(server: LiveServer | undefined): ServerCalls {
    if (server === undefined) return withoutServer;
    let ofServer = byServer.get(server.name);
    if (ofServer === undefined) {
      ofServer = new ServerCalls(server, servers.hold(server.name, server));
      byServer.set(server.name, ofServer);
    }
    ofServer.idle = false;
    return ofServer;
  }

  function follow(ofKey: KeyCalls, key: LiveKey | undefined): void {
    ofKey.key = key;
    const due = key === undefined ? Infinity : goodUntilMs(key);
    deadlines.set(ofKey.id, due === Infinity ? undefined : due);
  }

  function end(registration: Registration, bytes: number): void {
    const { call, ofKey, ofServer } = registration;
    if (bytes > 0) rates.spend(ofKey?.key, ofServer.server, call, bytes);
    if (!registration.end()) return;
    open--;
    onEnd?.();
  }

  /** It stays in until it has ended, which may take it a moment: it still fills its slot, and needs its clock. */
  function cut(registration: Registration, reason: AppError): void {
    if (registration.isCut || registration.hasEnded) return;
    registration.isCut = true;
    try {
      registration.call.cut(reason);
    } catch (error) {
      logger.error({ err: error }, 'a call could not be cut');
    }
  }

  function judgeKey(id: string, key: LiveKey | undefined): void {
    const ofKey = byKey.get(id);
    if (ofKey === undefined) return;
    follow(ofKey, key);
    const now = clock();
    ofKey.calls.forEach((registration) => {
      if (registration.isCut) return;
      const reason = keyRefusal(key, registration.call, now, registration.grantAtBegin);
      if (reason !== undefined) cut(registration, reason);
    });
  }

  function judgeServer(name: string, server: LiveServer | undefined): void {
    const ofServer = byServer.get(name);
    if (ofServer === undefined) return;
    ofServer.server = server;
    ofServer.calls.forEach((registration) => {
      const begunWith = registration.call.server;
      const reason = begunWith && serverRefusal(server, begunWith);
      if (reason !== undefined) cut(registration, reason);
    });
  }

  /** Who revokes a key now does not know of this process: what is open must not outlast that. */
  function cutTheUncertain({ first }: { readonly first: boolean }): void {
    forAll((registration) => {
      if (registration.call.principal.key === undefined) return;
      if (first || registration.hasSeenLapse) cut(registration, keyUncertain());
      else registration.hasSeenLapse = true;
    });
  }

  /** What is being read again counts as it was until the read judges it; one that fails cuts. */
  function cutIfUnreadable(registration: Registration, read: unknown): void {
    if (!(read instanceof Promise)) return;
    read.catch((error: unknown) => {
      cut(
        registration,
        error instanceof AppError
          ? error
          : new Unavailable('tables-unreadable', 'The tables of keys and servers can’t be read right now.', {
              cause: error,
            }),
      );
    });
  }

  function sweep(): void {
    const now = steadyClock();
    for (const [name, ofServer] of byServer) {
      ofServer.calls.forEach(({ call }) => call.tick?.(now));
      if (!ofServer.isEmpty) continue;
      if (ofServer.idle) {
        byServer.delete(name);
        ofServer.release();
      } else ofServer.idle = true;
    }
    withoutServer.calls.forEach(({ call }) => call.tick?.(now));
    for (const [id, ofKey] of byKey) {
      if (!ofKey.isEmpty) continue;
      if (ofKey.idle) {
        byKey.delete(id);
        deadlines.set(id, undefined);
        ofKey.release();
      } else ofKey.idle = true;
    }
  }

  function forAll(callback: (registration: Registration) => void): void {
    for (const { calls } of [...byServer.values(), withoutServer]) calls.forEach(callback);
  }

  /** Waits until not more than so many are left. */
  async function ended(left: () => number, ms: number): Promise<void> {
    if (open <= left()) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const end = (): void => resolve(undefined);
    onEnd = () => {
      if (open <= left()) end();
    };
    const bound = setTimeout(end, ms);
    await promise;
    clearTimeout(bound);
  }

  return {
    circuits: options.circuits,
    get size() {
      return open;
    },
    load: () => [loadOf(undefined, withoutServer), ...[...byServer].map(([name, calls]) => loadOf(name, calls))],
    get bodyBytes() {
      return room.bytes;
    },
    open(call) {
      const { principal, server, standing } = call;
      if (stopping) throw gatewayStopping();
      const keyNow = principal.key && keys.find(principal.key.id);
      const serverNow = server && servers.find(server.name);
      // What is being read again counts as it was last known; memory calls back when it is another one.
      const key = keyNow instanceof Promise ? (byKey.get(principal.keyId) ?? principal).key : keyNow;
      const serverLast = serverNow instanceof Promise ? (byServer.get(server?.name ?? '') ?? call).server : serverNow;
      // A body, or a table, may have taken its time since the key was admitted.
      const begunWith = server && principal.grants.forServer(server.name);
      const reason =
        (principal.key === undefined ? undefined : keyRefusal(key, call, clock(), begunWith)) ??
        (server === undefined ? undefined : serverRefusal(serverLast, server));
      if (reason !== undefined) throw reason;
      const ofKey = key && callsOfKey(key);
      if (key !== undefined && ofKey !== undefined && ofKey.key !== key && key === keyNow) follow(ofKey, key);
      const ofServer = callsOfServer(server);
      const tally = ofKey?.tallyOf(call);
      if (tally !== undefined) {
        const full = standing
          ? streamRefusal(server, tally, limits.maxStandingPerKey)
          : server && slotRefusal(server, ofServer.underWay, tally);
        if (full !== undefined) throw full;
      }
      const limited = (ofKey && atOnceRefusal(call, ofKey, ofServer)) ?? rates.take(key, serverLast, call);
      if (limited !== undefined) throw limited;
      const registration = new Registration(call, begunWith, ofKey, ofServer);
      open++;
      cutIfUnreadable(registration, keyNow);
      cutIfUnreadable(registration, serverNow);
      return (bytes = 0) => end(registration, bytes);
    },
    cutSession(server, token, reason) {
      byServer.get(server)?.calls.forEach((registration) => {
        if (registration.call.sessionToken === token) cut(registration, reason);
      });
    },
    leaseBody({ key }) {
      // It can't be forgotten while something of it is held.
      return room.lease(() => (key === undefined ? withoutKey : callsOfKey(key)));
    },
    async [Symbol.asyncDispose]() {
      stopping = true;
      forAll(({ call }) => call.endStanding?.());
      await ended(() => withoutServer.calls.size, limits.drainMs);
      forAll((registration) => cut(registration, gatewayStopping()));
      await ended(() => 0, CUT_GRACE_MS);
      clearInterval(timer);
      for (const stop of stopListening) stop();
      deadlines[Symbol.dispose]();
    },
  };
}

function keyUncertain(): Unavailable {
  return new Unavailable(
    'key-uncertain',
    'The gateway has lost its database and can’t tell whether the API key is still good. Repeat the request.',
  );
}
