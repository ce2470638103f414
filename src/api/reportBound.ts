import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import { Limited } from '../errors/appError.ts';
import { addressOf } from '../front/client.ts';
import { networkOf } from '../front/network.ts';

/** Reports that one network may send at once, and how many more each second: a scanner sends many keys in one report. */
const BURST = 20;
const PER_SECOND = 1;

/** Reports that are read at once, whoever sends them: each may be as large as a report is. */
const AT_ONCE = 16;
/** Of these, those of one network. */
const OF_ONE_NETWORK = 4;

/** Networks that are remembered; the least recently seen is forgotten first. */
const MAX_NETWORKS = 10_000;

interface Known {
  left: number;
  at: number;
  open: number;
}

/** Lets a report in, before any of its body is read. @returns what ends it @throws Limited `too-many-reports` */
export type EnterReport = (req: Parameters<typeof addressOf>[0]) => Disposable;

/** Makes the bound of what strangers may report. @param clock steady, in milliseconds */
export function createReportBound(clock: Clock): EnterReport {
  const networks = new LRUCache<string, Known>({ max: MAX_NETWORKS });
  let open = 0;
  return (req) => {
    const network = networkOf(addressOf(req));
    const now = clock();
    const known = networks.get(network) ?? { left: BURST, at: now, open: 0 };
    networks.set(network, known);
    known.left = Math.min(BURST, known.left + ((now - known.at) / 1_000) * PER_SECOND);
    known.at = now;
    if (known.left < 1 || known.open >= OF_ONE_NETWORK || open >= AT_ONCE) {
      throw new Limited('too-many-reports', 'Too many reports at once. Send them later, and many keys in each.');
    }
    known.left -= 1;
    known.open += 1;
    open += 1;
    let isOpen = true;
    return {
      [Symbol.dispose]() {
        if (!isOpen) return;
        isOpen = false;
        known.open -= 1;
        open -= 1;
      },
    };
  };
}
