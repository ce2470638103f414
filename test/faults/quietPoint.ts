import { expect } from 'vitest';
import type { Installation } from './installation.ts';
import { callWith } from './judge.ts';
import { letsIn } from './keySubject.ts';
import { storedTags } from './storedTags.ts';

/** A store that elects or starts takes its time on a busy machine. */
const CALM = { timeout: 90_000, interval: 250 };

type Listed = Readonly<Record<string, unknown>>;

/** Waits until every gateway is well. */
export async function calmDown({ replicas }: Installation): Promise<void> {
  for (const replica of replicas) {
    await expect
      .poll(async () => (replica.url === undefined ? 'does not run' : await healthOf(replica.url)), CALM)
      .toBe('up');
  }
}

async function healthOf(url: string): Promise<string> {
  const answer = await fetch(`${url}/health`).catch(() => undefined);
  return answer === undefined ? 'no answer' : answer.status === 200 ? 'up' : await answer.text();
}

/** Compares everything that can be seen with how the commands ended. Nothing else may run. */
export async function checkAtRest(installation: Installation, number: string): Promise<void> {
  const { journal, cli } = installation;
  await calmDown(installation);
  compareKeys(installation, (await cli.list(['keys', 'list', '--include-inactive'])) as unknown as Listed[]);
  const servers = (await cli.list(['servers', 'list'])) as unknown as Listed[];
  compareServers(installation, servers);
  await compareRest(installation, servers);
  await compareHistory(installation);
  await checkCalls(installation);
  const verified = await cli.run(['audit', 'verify', '--json']);
  if (verified.code !== 0) journal.violation(`audit verify: ${verified.stdout} ${verified.stderr}`);
  const replayed = await cli.run(['audit', 'replay', '--into', `replay_${number}`, '--json']);
  if (replayed.code !== 0) journal.violation(`audit replay: ${replayed.stdout} ${replayed.stderr}`);
  journal.note(`at rest ${number}`);
}

function compareKeys({ keys, uncertainKeys, lostStreams, journal }: Installation, listed: readonly Listed[]): void {
  for (const key of keys) {
    if (lostStreams.has(key.stream)) continue;
    const row = listed.find(({ id }) => id === key.id);
    const seen = JSON.stringify({ status: row?.['status'], scopes: row?.['scopes'], fault: row?.['fault'] });
    const fitting = key.states.filter(({ status, scopes, rotated }) => {
      if (row === undefined) return false;
      if (status === 'deleted' || row['status'] === 'deleted') return status === row['status'];
      const names =
        status === 'active' ? [rotated ? 'rotated' : 'active'] : ['inactive', ...(rotated ? ['rotated'] : [])];
      return names.includes(String(row['status'])) && (row['scopes'] as string[]).toSorted().join() === sorted(scopes);
    });
    if (fitting.length === 0) journal.violation(`key ${key.id} is ${seen} instead of ${JSON.stringify(key.states)}`);
    else key.states = fitting;
    if (row?.['fault'] !== undefined && !key.spoilt && key.retired === 'no') {
      journal.violation(`key ${key.id} has the fault ${JSON.stringify(row['fault'])}, and nobody spoilt it`);
    }
  }
  for (const { id, name, rotated_from: from } of listed) {
    const isKnown = name === 'root' || keys.some((key) => key.id === id || key.id === from);
    if (!isKnown && !uncertainKeys.has(String(name)) && from === undefined) {
      journal.violation(`nobody made the key ${String(id)} ${String(name)}`);
    }
  }
}

function sorted(scopes: string): string {
  return scopes.split(',').toSorted().join();
}

function compareServers({ servers, lostStreams, journal }: Installation, listed: readonly Listed[]): void {
  for (const server of servers) {
    if (lostStreams.has(server.stream)) continue;
    const row = listed.find(({ name }) => name === server.id);
    const fitting = server.states.filter(({ status, title }) => {
      if (row === undefined) return status === 'never' || status === 'removed';
      return status === (row['enabled'] === true ? 'enabled' : 'disabled') && title === row['title'];
    });
    if (fitting.length === 0) {
      journal.violation(`server ${server.id} is ${JSON.stringify(row)} instead of ${JSON.stringify(server.states)}`);
    } else server.states = fitting;
    if (row?.['fault'] !== undefined && !server.spoilt && server.retired === 'no') {
      journal.violation(`server ${server.id} has the fault ${JSON.stringify(row['fault'])}, and nobody spoilt it`);
    }
  }
}

/** Every gateway shows what the CLI shows. */
async function compareRest({ replicas, rootKey, journal }: Installation, listed: readonly Listed[]): Promise<void> {
  const expected = listed.map(({ name, title, enabled }) => `${String(name)} ${String(title)} ${String(enabled)}`);
  for (const { url, name } of replicas) {
    const answer = await fetch(`${url ?? ''}/api/v1/mcp/servers?limit=100`, { headers: { 'x-api-key': rootKey } });
    const { items = [] } = (await answer.json()) as { items?: Listed[] };
    const shown = items.map((each) => `${String(each['name'])} ${String(each['title'])} ${String(each['enabled'])}`);
    if (JSON.stringify(shown) !== JSON.stringify(expected)) {
      journal.violation(`${name} shows ${JSON.stringify(shown)} instead of ${JSON.stringify(expected)}`);
    }
  }
}

/** What was acknowledged is there once, what was refused is not, and what is unknown is there once at most. */
async function compareHistory(installation: Installation): Promise<void> {
  const { commands, journal, lostStreams } = installation;
  const tags = await storedTags(installation);
  for (const { tag, what, outcome } of commands) {
    if (tag === undefined) continue;
    const found = tags.get(tag) ?? 0;
    const isRotation = what.startsWith('rotate');
    const wrong =
      outcome.result === 'done'
        ? outcome.changed === undefined
          ? found !== 1
          : found !== (outcome.changed ? 1 : 0)
        : outcome.result === 'unknown' || isRotation
          ? found > 1
          : found !== 0;
    if (wrong && lostStreams.size === 0)
      journal.violation(`${what} ended with ${JSON.stringify(outcome)}, and is stored ${found} times`);
  }
}

/** Whoever may come in comes in, and nobody else. */
async function checkCalls(installation: Installation): Promise<void> {
  const { keys, servers, replicas, journal, lostStreams } = installation;
  const judged = [
    ...keys.map((key) => ({ subject: key, usable: key.states.map(letsIn) })),
    ...servers.map((server) => ({ subject: server, usable: server.states.map(({ status }) => status === 'enabled') })),
  ];
  for (const replica of replicas) {
    for (const { subject, usable } of judged) {
      if (lostStreams.has(subject.stream) || subject.retired === 'perhaps' || new Set(usable).size !== 1) continue;
      const expected = usable[0] === true && subject.retired === 'no' && !subject.spoilt;
      const isLetIn = async () => (await callWith(installation, replica, subject)) === 200;
      // Lists are current, and a gateway follows them: only that it has not heard yet may take a moment.
      const seen = await expect
        .poll(isLetIn, { timeout: 60_000, interval: 100 })
        .toBe(expected)
        .then(
          () => true,
          () => false,
        );
      if (!seen) {
        const what = `${subject.kind} ${subject.id} ${JSON.stringify(subject.states)} retired: ${subject.retired}`;
        journal.violation(`${replica.name} ${expected ? 'refuses' : 'lets in'} ${what}`);
      }
    }
  }
}
