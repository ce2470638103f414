import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { AdminApi } from './adminApi.ts';

const started = z.object({ scavengeId: z.string() });
const last = z.object({ scavengeId: z.string(), scavengeResult: z.string() });

/** Scavenges every completed chunk, however little that saves, and waits for the end. @throws Error when it fails */
export async function scavenge(http: AdminApi): Promise<void> {
  const answer = await http('POST', '/admin/scavenge?threshold=-1');
  if (answer.status !== 200) throw new Error(`scavenging was refused: ${answer.status} ${answer.text}`);
  const { scavengeId } = started.parse(answer.json());
  for (;;) {
    const found = last.parse((await http('GET', '/admin/scavenge/last')).json());
    if (found.scavengeId === scavengeId && found.scavengeResult !== 'InProgress') {
      if (found.scavengeResult === 'Success') return;
      throw new Error(`the scavenge ended with ${found.scavengeResult}`);
    }
    await delay(20);
  }
}
