import { z } from 'zod';
import { readStream } from '../../src/boundedRead.ts';
import { systemClock } from '../../src/clock.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { createGatewayFetch } from '../../src/tls/gatewayFetch.ts';
import { gatewayUrl } from './gatewayUrl.ts';

/** What a gateway says of itself. */
export interface LiveGateway {
  readonly url: string;
  readonly version: string;
  /** The id of its installation; undefined: it is older than these ids. */
  readonly installation: string | undefined;
  /** How far its clock is ahead of this machine's, in milliseconds; to a second, as a `Date` field is. Undefined: it does not say. */
  readonly aheadMs: number | undefined;
}

export interface LiveGatewayOptions {
  /** Where it is looked for. (Default: where the settings have it) */
  readonly url?: string | undefined;
  /** How long it may take to answer, in milliseconds. (Default: 500) */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Gets what the request has failed on. (Default: nobody wants to know) */
  readonly onFault?: (error: unknown) => void;
}

const PATIENCE_MS = 500;

/** What a gateway answers has a few hundred bytes. */
const MAX_BYTES = 16 * 1024;

/** `parts` tells a gateway from another program. */
const liveSchema = z.object({
  version: z.string().max(64),
  installation: z.uuid().optional().catch(undefined),
  parts: z.looseObject({}),
});

/** Asks which gateway answers. Never throws. @returns undefined when none answers in time, or something else does */
export async function findGateway(
  settings: Pick<Settings, 'host' | 'port' | 'tls'>,
  { url = gatewayUrl(settings), patienceMs = PATIENCE_MS, signal, onFault }: LiveGatewayOptions = {},
): Promise<LiveGateway | undefined> {
  if (!URL.canParse(url)) return undefined;
  const late = AbortSignal.timeout(patienceMs);
  try {
    const answer = await createGatewayFetch(settings.tls)(`${url}/health/live`, {
      signal: signal === undefined ? late : AbortSignal.any([late, signal]),
      redirect: 'error',
    });
    const answeredAt = systemClock();
    if (answer.body === null) return undefined;
    const text = (await readStream(answer.body, MAX_BYTES)).toString();
    const { version, installation } = liveSchema.parse(JSON.parse(text));
    // On average the field is half a second old when it is written.
    const aheadMs = Date.parse(answer.headers.get('date') ?? '') + 500 - answeredAt;
    return { url, version, installation, aheadMs: Number.isNaN(aheadMs) ? undefined : aheadMs };
  } catch (error) {
    onFault?.(error);
    // Whatever it is, it is no gateway that can be asked now.
    return undefined;
  }
}
