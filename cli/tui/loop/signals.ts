/** The exit codes of processes that a signal has ended: 128 and its number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Listens to the signals that ask a process to end, until it is disposed of; without it they would end it at once. */
export function onSignals(onEnd: (code: number) => void): Disposable {
  const listeners = Object.entries(SIGNALS).map(([name, code]) => [name, () => onEnd(code)] as const);
  for (const [name, listener] of listeners) process.on(name, listener);
  return {
    [Symbol.dispose]() {
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}
