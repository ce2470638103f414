import { PassThrough } from 'node:stream';
import { runCli } from '../../cli/run.ts';
import { Recorder, type InProcessCli, type Outcome } from './inProcess.ts';

/** What a person types after a question, or does before typing it. */
export interface Dialogue {
  /** Words of the question. */
  readonly question: string;
  /** @returns what is typed, with its Enter */
  readonly answer: () => Promise<string> | string;
}

/** Runs a command with a person at the terminal, who answers each question in turn. */
export async function runWithPerson(
  { env, folder }: Pick<InProcessCli, 'env' | 'folder'>,
  argv: readonly string[],
  dialogue: readonly Dialogue[],
  more: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stdout = new Recorder(80);
  const stderr = new Recorder(80);
  const left = [...dialogue];
  stderr.on('written', () => {
    const [next] = left;
    if (next === undefined || !stderr.text.includes(next.question)) return;
    left.shift();
    void answerTo(next);
  });
  let failure: Error | undefined;
  async function answerTo({ answer }: Dialogue): Promise<void> {
    try {
      stdin.write(await answer());
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      stdin.write('\u0003');
    }
  }
  const code = await runCli({ argv, stdin, stdout, stderr, env: { ...env, NO_COLOR: '1', ...more }, cwd: folder });
  if (failure !== undefined) throw failure;
  return { code, stdout: stdout.text, stderr: stderr.text };
}
