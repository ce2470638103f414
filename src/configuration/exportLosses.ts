import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../events/mcpServer.ts';
import type { CurrentServer } from './currentState.ts';

/** A setting that not every format can hold. */
export type OptionalSetting =
  'title' | 'description' | 'isolation' | 'limits' | keyof CurrentServer['input']['settings']['timeouts'];

/** Says what of a server is lost in a format that holds these settings only. */
export function losses({ name, input: { settings } }: CurrentServer, holds: readonly OptionalSetting[]): string[] {
  const { title, description, isolation, limits, timeouts } = settings;
  const set: Readonly<Record<OptionalSetting, boolean>> = {
    title: title !== undefined,
    description: description !== undefined,
    isolation: isolation !== 'session',
    limits: limits.maxInFlight !== DEFAULT_LIMITS.maxInFlight,
    connectMs: timeouts.connectMs !== DEFAULT_TIMEOUTS.connectMs,
    idleMs: timeouts.idleMs !== DEFAULT_TIMEOUTS.idleMs,
    totalMs: timeouts.totalMs !== DEFAULT_TIMEOUTS.totalMs,
  };
  const words = { connectMs: 'connect time-out', idleMs: 'idle time-out', totalMs: 'total time-out' };
  const lost = Object.entries(set)
    .filter(([setting, is]) => is && !holds.some((each) => each === setting))
    .map(([setting]) => (setting in words ? words[setting as keyof typeof words] : setting));
  return lost.length === 0 ? [] : [`${name}: the format can’t hold its ${lost.join(', ')}.`];
}

/** Only our own format has an escape for what looks like a reference. */
export function misread({ name, input: { settings } }: CurrentServer): string[] {
  const texts = [settings.url, settings.command, settings.cwd, ...(settings.args ?? [])];
  return texts.some((text) => text?.includes('${') === true)
    ? [`${name}: its address has \${ in it, which the format takes for a reference.`]
    : [];
}
