import { randomUUID } from 'node:crypto';

import type { ProposedEvent } from './eventRecord.ts';
import type { History } from './history.ts';

const STATS = '$stats-127.0.0.1:2113';

/** What a real server writes by itself, and what others write who share it. Never streams of ours. */
const TRAFFIC: readonly ((round: number) => [stream: string, event: ProposedEvent])[] = [
  (round) => [STATS, event('$statsCollected', { 'proc-cpu': round, 'proc-mem': 4096 * round })],
  (round) => [`other-${round % 5}`, event('OtherThingHappened', { round })],
  () => [`$$${STATS}`, event('$metadata', { $maxAge: 86_400, $acl: { $r: '$admins' } })],
  (round) => [`othermcpServer-${round}`, event('McpServerRegistered', { round, name: 'a stranger in our type' })],
  (round) => ['$ce-other', { ...event('$>', {}), isJson: false, data: Buffer.from(`${round}@other-0`) }],
  (round) => ['$users', event('$User', { loginName: `user-${round}` })],
  (round) => [`cart.${round % 3}`, { ...event('Bytes', {}), isJson: false, data: Buffer.from([0, 255, round & 255]) }],
];

/** Writes foreign events, the next ones of an endless round. */
export function writeTraffic(history: History, events: number): void {
  for (let index = 0; index < events; index++) {
    const round = history.log.count;
    const [stream, foreign] = TRAFFIC[round % TRAFFIC.length]!(round);
    history.append(stream, 'any', [foreign]);
  }
}

/** Lets every append be followed by foreign events, and the history begin with some. (Default: 3 each time) */
export function withTraffic(history: History, eventsEach = 3): History {
  writeTraffic(history, 40);
  let isWriting = false;
  history.afterCommit = () => {
    if (isWriting) return;
    isWriting = true;
    writeTraffic(history, eventsEach);
    isWriting = false;
  };
  return history;
}

function event(type: string, data: object): ProposedEvent {
  return { id: randomUUID(), type, isJson: true, data: Buffer.from(JSON.stringify(data)), metadata: Buffer.alloc(0) };
}
