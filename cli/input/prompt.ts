import { createInterface } from 'node:readline';
import { Writable, type Readable } from 'node:stream';
import { Refused } from '../../src/errors/appError.ts';
import type { TerminalStream } from '../surroundings.ts';

/** Questions go to stderr: stdout is for answers. */
export interface Terminal {
  readonly stdin: Readable;
  readonly stderr: TerminalStream;
}

/** Tells whether a person can be asked. */
export function isInteractive({ stdin, stderr }: Terminal): boolean {
  return 'isTTY' in stdin && stdin.isTTY === true && stderr.isTTY === true;
}

/** Asks a question and reads one line, trimmed. @throws Refused `interrupted` on Ctrl-C and Ctrl-D */
export function ask(terminal: Terminal, question: string): Promise<string> {
  return readLine(terminal, question, false);
}

/** As `ask`, but what is typed is not shown. @throws Refused `interrupted` */
export function askHidden(terminal: Terminal, question: string): Promise<string> {
  return readLine(terminal, question, true);
}

/** Asks for yes or no; Enter alone is `byDefault`. @throws Refused `interrupted` */
export async function confirm(terminal: Terminal, question: string, byDefault: boolean): Promise<boolean> {
  for (;;) {
    const answer = (await ask(terminal, `${question} [${byDefault ? 'Y/n' : 'y/N'}] `)).toLowerCase();
    if (answer === '') return byDefault;
    if (answer === 'y' || answer === 'yes') return true;
    if (answer === 'n' || answer === 'no') return false;
  }
}

function readLine({ stdin, stderr }: Terminal, question: string, hidden: boolean): Promise<string> {
  let muted = false;
  const output = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      if (!muted) stderr.write(chunk);
      done();
    },
  });
  // In raw mode, which the interface sets, the terminal itself shows nothing: what is shown goes through `output`.
  const lines = createInterface({ input: stdin, output, terminal: true, historySize: 0 });
  return new Promise((resolve, reject) => {
    let answered = false;
    // Ctrl-C and Ctrl-D close it, too.
    lines.on('close', () => {
      if (muted || !answered) stderr.write('\n');
      if (!answered) reject(new Refused('interrupted', 'Interrupted; nothing was changed.'));
    });
    lines.question(question, (answer) => {
      answered = true;
      lines.close();
      resolve(answer.trim());
    });
    muted = hidden;
  });
}
