import type { Logger } from './logger.ts';

/**
 * Switches the level between `debug` and what it was, at each SIGUSR2: Node keeps SIGUSR1 for its debugger.
 * @param onSwitch gets the new level (Default: no other process logs with this one)
 */
export function switchLevelOnSignal(logger: Logger, onSwitch?: (level: string) => void): Disposable {
  let before: string | undefined;
  const onSignal = (): void => {
    const isDebug = logger.isLevelEnabled('debug');
    const next = isDebug ? (before ?? 'info') : 'debug';
    if (!isDebug) before = logger.level;
    logger.level = next;
    onSwitch?.(next);
    logger.warn({ logLevel: next }, 'the level of this log was changed by a signal');
  };
  process.on('SIGUSR2', onSignal);
  return { [Symbol.dispose]: () => void process.off('SIGUSR2', onSignal) };
}
