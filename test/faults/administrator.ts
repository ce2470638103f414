import type { Installation } from './installation.ts';
import { ACCESSES, letsIn, mayCall, newKey, type KeyCommand, type KeySubject } from './keySubject.ts';
import { outcomeOfRest, type Outcome } from './outcome.ts';
import type { Random } from './random.ts';
import { newServer, type ServerCommand, type ServerSubject } from './serverSubject.ts';
import { learn, type Subject } from './subject.ts';

/** What an administrator does next: whatever comes, new things that are let in, or the end of things that are. */
export type Step = 'any' | 'grow' | 'revoke';

/** Changes keys and servers of its own, one after the other, and notes how each command ended. */
export interface Administrator {
  /** One more command, after those that are under way. */
  readonly step: (kind?: Step) => Promise<void>;
}

/** What nothing undoes. */
const FINAL: ReadonlySet<string> = new Set(['delete', 'remove', 'delete over REST']);

/** Longer than any fault lasts, with what the gateway has to do then: what is given up here must not be done later. */
const REST_MS = 60_000;

/** Keys that an administrator looks after at once. */
const KEYS = 3;
const SERVERS = 2;

export function createAdministrator(installation: Installation, name: string, random: Random): Administrator {
  const { keys, servers, journal, commands, uncertainKeys, lostStreams, run, backendUrl } = installation;
  const mine: KeySubject[] = [];
  const ours: ServerSubject[] = [];
  let count = 0;

  /** Lets go of what is lost for good. */
  function lookAround(): void {
    for (const list of [mine, ours]) {
      for (const lost of list.filter(({ stream }) => lostStreams.has(stream)))
        list.splice(list.indexOf(lost as never), 1);
    }
    while (ours.length < SERVERS) {
      const server = newServer(`${name}-${servers.length}`);
      ours.push(server);
      servers.push(server);
    }
  }

  function note(tag: string | undefined, what: string, outcome: Outcome): void {
    commands.push({ tag, what, outcome });
    const more = outcome.result === 'done' ? (outcome.confirmed ? '' : ' unconfirmed') : ` ${outcome.code}`;
    journal.note(`${name}: ${what}: ${outcome.result}${more}`);
  }

  async function createKey(tag: string, scopes = random.pick(ACCESSES)): Promise<void> {
    uncertainKeys.add(tag);
    const outcome = await run(['keys', 'create', '--name', tag, '--scope', scopes]);
    note(tag, `keys create ${tag}`, outcome);
    if (outcome.result === 'refused' || outcome.result === 'not stored') uncertainKeys.delete(tag);
    if (outcome.result === 'done') adopt(outcome, scopes);
  }

  function adopt({ document }: Outcome & { result: 'done' }, scopes: string): KeySubject {
    const key = newKey(document['id'] as string, document['api_key'] as string, scopes);
    mine.push(key);
    keys.push(key);
    return key;
  }

  /** Runs a command on something that exists, and compares how it ended with what is known. */
  async function change<State, Command extends { readonly type: string }>(
    subject: Subject<State, Command>,
    command: Command,
    tag: string | undefined,
    face: string,
    act: () => Promise<Outcome>,
    isUsable: (state: State) => boolean,
    isOpen: (state: State) => boolean,
  ): Promise<Outcome> {
    // From here on it may be usable again, unless every state that may come is none in which it is.
    const after = subject.states.map((state) => subject.apply(state, command));
    const revives = command.type === 'activate' || command.type === 'enable';
    if (revives || after.some((state) => state !== 'refused' && isUsable(state))) {
      subject.epoch += 1;
      subject.revoked = false;
    }
    const what = `${command.type} ${subject.kind} ${subject.id} ${tag ?? ''} over ${face}`;
    const outcome = await act();
    note(tag, what, outcome);
    // Over REST a deletion has no document to say so.
    const isRetired = outcome.result === 'done' && (outcome.retired || (subject.spoilt && face === 'REST'));
    if (isRetired) {
      if (!subject.spoilt) journal.violation(`${what}: retired, although nobody spoilt its history`);
      subject.retired = FINAL.has(command.type) ? 'for good' : 'until reinstated';
    } else {
      const wrong = learn(subject, command, outcome);
      if (wrong !== undefined) journal.violation(`${what} ${wrong}; states: ${JSON.stringify(subject.states)}`);
      if (outcome.result === 'done' && revives) subject.retired = 'no';
      if (outcome.result === 'unknown' && subject.spoilt) subject.retired = 'perhaps';
    }
    const isOut = subject.retired === 'for good' || subject.retired === 'until reinstated';
    if (outcome.result === 'done' && outcome.confirmed) {
      if (isOut || !subject.states.some(isUsable)) subject.revoked = true;
      if (isOut || !subject.states.some(isOpen)) subject.closings += 1;
    }
    return outcome;
  }

  async function changeKey(
    tag: string,
    key = random.pick(mine),
    type = random.pick(['inactivate', 'activate', 'activate', 'access', 'access', 'rotate', 'delete'] as const),
  ): Promise<void> {
    const scopes = random.pick(ACCESSES);
    const command: KeyCommand = type === 'access' ? { type, scopes } : { type };
    const options = type === 'access' ? ['--scope', scopes] : type === 'delete' ? ['--confirm'] : [];
    const argv = ['keys', type, key.id, ...options, '--reason', tag];
    key.named ||= type === 'rotate';
    const outcome = await change(key, command, tag, 'CLI', () => run(argv), letsIn, mayCall);
    // A successor has the access that the key has, in whichever state it is.
    if (type === 'rotate' && outcome.result === 'done') adopt(outcome, key.states[0]!.scopes).named = true;
    if (key.states.every(({ status, rotated }) => status === 'deleted' || rotated)) {
      if (random.chance(0.5)) mine.splice(mine.indexOf(key), 1);
    }
  }

  async function overRest(what: string, method: string, path: string, body?: object): Promise<Outcome> {
    const urls = installation.replicas.flatMap(({ url }) => url ?? []);
    const headers = { 'x-api-key': installation.rootKey, 'content-type': 'application/json' };
    const url = `${urls.length === 0 ? 'http://127.0.0.1:9' : random.pick(urls)}/api/v1/mcp/servers${path}`;
    const signal = AbortSignal.timeout(REST_MS);
    const answer = await fetch(url, { method, headers, signal, ...(body && { body: JSON.stringify(body) }) }).catch(
      () => undefined,
    );
    if (answer?.status === 401) installation.journal.violation(`${what}: the root key is refused`);
    return outcomeOfRest(what, answer);
  }

  async function changeServer(
    tag: string,
    server: ServerSubject = random.pick(ours),
    type = random.pick(['add', 'add', 'update', 'enable', 'enable', 'disable', 'remove'] as const),
  ): Promise<void> {
    const { id } = server;
    const isUsable = ({ status }: { status: string }) => status === 'enabled';
    const rest = random.chance(0.5) && type !== 'enable' && type !== 'disable';
    const title = { title: tag };
    const body = { url: backendUrl, ...title };
    const ways: Record<typeof type, () => [ServerCommand, string | undefined, () => Promise<Outcome>]> = {
      add: () => [
        { type: 'add', ...title },
        tag,
        () =>
          rest
            ? overRest(type, 'POST', '', { name: id, ...body })
            : run(['servers', 'add', id, '--url', backendUrl, '--title', tag]),
      ],
      update: () => [
        { type: 'update', ...title },
        tag,
        () => (rest ? overRest(type, 'PUT', `/${id}`, body) : run(['servers', 'update', id, '--title', tag])),
      ],
      enable: () => [{ type: 'enable' }, tag, () => run(['servers', 'enable', id, '--reason', tag])],
      disable: () => [{ type: 'disable' }, tag, () => run(['servers', 'disable', id, '--reason', tag])],
      remove: () =>
        rest
          ? [{ type: 'delete over REST' }, undefined, () => overRest(type, 'DELETE', `/${id}`)]
          : [{ type: 'remove' }, tag, () => run(['servers', 'remove', id, '--confirm', '--reason', tag])],
    };
    const [command, itsTag, act] = ways[type]();
    await change(server, command, itsTag, rest ? 'REST' : 'CLI', act, isUsable, isUsable);
  }

  const nextTag = (): string => `${name}-${(count += 1)}-t`;

  async function grow(): Promise<void> {
    await createKey(nextTag(), ACCESSES[0]);
    const server = random.pick(ours);
    const exists = server.states.some(({ status }) => status === 'enabled' || status === 'disabled');
    await changeServer(nextTag(), server, exists ? 'enable' : 'add');
  }

  async function revoke(): Promise<void> {
    const key = mine.findLast(({ states }) => states.every(letsIn));
    if (key !== undefined) await changeKey(nextTag(), key, random.pick(['inactivate', 'rotate', 'delete'] as const));
    const server = ours.find(({ states }) => states.every(({ status }) => status === 'enabled'));
    if (server !== undefined) await changeServer(nextTag(), server, random.pick(['disable', 'remove'] as const));
  }

  async function work(kind: Step): Promise<void> {
    lookAround();
    if (kind === 'grow') return grow();
    if (kind === 'revoke') return revoke();
    const tag = nextTag();
    if (mine.length === 0 || (mine.length < KEYS && random.chance(0.4))) await createKey(tag);
    else if (random.chance(0.6)) await changeKey(tag);
    else await changeServer(tag);
  }

  let last = Promise.resolve();
  return { step: (kind = 'any') => (last = last.then(() => work(kind))) };
}
