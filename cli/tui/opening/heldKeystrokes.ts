import type { Readable } from 'node:stream';
import { ReadStream } from 'node:tty';

const CTRL_C = 0x03;

/** `q` with nothing before it but what moves in the list or to another pane: it is no letter of a text. */
const QUITS = /^[\djkgG\t]*q/;

/** So many bytes are held: a person types fewer. */
const MAX_BYTES = 4_096;

/**
 * Holds what is typed until Ink listens, which gets it then: the terminal shows no keystroke from now on, which it would else write
 * into the picture. Disposed of before Ink listened, it leaves the terminal as it was.
 * @param leave gets the exit code when the user leaves, by Ctrl-C or `q`
 */
export function holdKeystrokes(stdin: Readable, leave: (code: number) => void): Disposable {
  if (!(stdin instanceof ReadStream)) return { [Symbol.dispose]: () => undefined };
  const held: Buffer[] = [];
  let bytes = 0;
  let isOver = false;
  const end = (): void => {
    isOver = true;
    stdin.off('data', hold);
    stdin.off('newListener', onListener);
  };
  const hold = (chunk: Buffer): void => {
    if (chunk.includes(CTRL_C)) {
      leave(130);
      return;
    }
    bytes += chunk.length;
    if (bytes <= MAX_BYTES) held.push(chunk);
    if (QUITS.test(Buffer.concat(held).toString('latin1'))) leave(0);
  };
  const onListener = (event: string | symbol): void => {
    if (event !== 'readable') return;
    end();
    // Once it listens. A pause before would stop the reading after Ink has begun with it.
    process.nextTick(() => {
      if (held.length > 0) stdin.unshift(Buffer.concat(held));
    });
  };
  const giveUp = (): void => {
    end();
    stdin.pause();
    stdin.setRawMode(false);
  };
  stdin.setRawMode(true);
  stdin.on('newListener', onListener);
  stdin.on('data', hold);
  return {
    [Symbol.dispose]() {
      if (!isOver) giveUp();
    },
  };
}
