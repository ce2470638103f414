import { escape } from '../../src/escape.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { storePlace } from '../stores/storePlace.ts';
import { findGateway, type LiveGateway, type LiveGatewayOptions } from './liveGateway.ts';

/** What is compared: the stores that a command works on, and the gateway that it speaks of. */
export interface Compared {
  readonly stores: { readonly installation: string | undefined };
  readonly settings: Pick<Settings, 'host' | 'port' | 'tls' | 'databaseUrl' | 'home'>;
}

/** How long a command that is done waits for the gateway's answer, in milliseconds; that it asked may be long ago then. */
const PATIENCE_MS = 500;

/** How long a command may take, in milliseconds, until the question is given up meanwhile. */
const WORK_MS = 60_000;

/**
 * Begins to ask the gateway which installation it is of, while the command does its work.
 * @returns what warns when it is another one than that of the stores; a gateway that does not answer in time, or does not say, is
 * passed over
 */
export function compareInstallation(
  { stores, settings }: Compared,
  { url }: Pick<LiveGatewayOptions, 'url'> = {},
): (output: { warn(text: string): void }) => Promise<void> {
  const ended = new AbortController();
  const asked = findGateway(settings, { url, patienceMs: WORK_MS, signal: ended.signal });
  return async (output) => {
    const late = setTimeout(() => ended.abort(), PATIENCE_MS);
    const gateway = await asked;
    clearTimeout(late);
    if (isOther(gateway, stores)) output.warn(otherInstallation(gateway, settings));
  };
}

/** Whether a gateway is known to work on other stores. */
export function isOther(
  gateway: LiveGateway | undefined,
  { installation }: Compared['stores'],
): gateway is LiveGateway & { readonly installation: string } {
  return gateway?.installation !== undefined && gateway.installation !== installation;
}

/** Says that a gateway works on other stores, and what to do. */
export function otherInstallation(gateway: Pick<LiveGateway, 'url'>, settings: Compared['settings']): string {
  return `${otherStores(gateway, settings)} ${remedyFor(settings)}`;
}

/** Says that a gateway works on other stores. */
export function otherStores({ url }: Pick<LiveGateway, 'url'>, settings: Compared['settings']): string {
  return `The gateway at ${escape(url)} is of another installation: it works on other stores than ${storePlace(settings)}, so keys that are made here do not work there.`;
}

/** How a command comes to the stores of the gateway, or to the gateway of the stores. */
export function remedyFor({ databaseUrl }: Pick<Settings, 'databaseUrl'>): string {
  const set =
    databaseUrl === undefined
      ? 'Set METAMCP_HOME to the gateway’s state folder (its log has it as “home” at the start), or DATABASE_URL if it has one'
      : 'Set DATABASE_URL as the gateway has it, or unset it and set METAMCP_HOME to the gateway’s state folder';
  return `${set}; or let SERVER_HOST and SERVER_PORT lead to the gateway of these stores. See docs/operating.md, Which stores a gateway uses.`;
}
