import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { ValueOf } from '../../../src/configuration/desiredServer.ts';
import type { FileInput } from '../../../src/configuration/foreignServer.ts';
import type { Reference } from '../../../src/configuration/template.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../escape.ts';
import { ask, askHidden, isInteractive } from '../../prompt.ts';

/** Larger than any header may be. */
const MAX_VALUE_BYTES = 65_536;

export interface ValueOptions {
  /** Where the references stand: files in them are relative to it. `-`: the working directory. */
  readonly file: string;
  readonly inputs: readonly FileInput[];
  /** Whether a person may be asked for what is missing. */
  readonly asks: boolean;
}

/**
 * Finds what references stand for, each once: in the environment, in files, or by asking. An empty variable counts as
 * one that is not set: `Bearer ` with nothing after it is nobody’s intention.
 */
export async function findValues(cli: Cli, references: readonly Reference[], options: ValueOptions): Promise<ValueOf> {
  const { file, inputs, asks } = options;
  const folder = file === '-' ? cli.cwd : dirname(resolve(cli.cwd, file));
  // With the file on stdin, nobody can answer there.
  const person = asks && file !== '-' && isInteractive(cli);
  const values = new Map<string, string | undefined>();

  for (const reference of references) {
    const id = identify(reference);
    if (!values.has(id) || (values.get(id) === undefined && reference.kind === 'env'))
      values.set(id, await find(reference));
  }
  return (reference) => values.get(identify(reference)) ?? (reference.kind === 'env' ? reference.fallback : undefined);

  async function find(reference: Reference): Promise<string | undefined> {
    switch (reference.kind) {
      case 'env': {
        const value = cli.env[reference.name] ?? '';
        if (value !== '') return value;
        if (reference.fallback !== undefined || !person) return undefined;
        return given(await askHidden(cli, `${escape(reference.name)} (hidden): `));
      }
      case 'input': {
        const value = cli.env[inputVariable(reference.id)] ?? '';
        if (value !== '') return value;
        return person ? askForInput(cli, reference.id, inputs) : undefined;
      }
      case 'file':
        return readValue(resolve(folder, reference.path.replace(/^~(?=\/)/, homedir())));
      case 'unknown':
        return undefined;
    }
  }
}

/** The environment variable that answers an input without a person: `gw-key` is GW_KEY. */
export function inputVariable(id: string): string {
  return id.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
}

async function askForInput(cli: Cli, id: string, inputs: readonly FileInput[]): Promise<string | undefined> {
  const { description, fallback, secret = true } = inputs.find((input) => input.id === id) ?? {};
  const question = escape(description ?? id);
  if (secret) return given(await askHidden(cli, `${question} (hidden): `));
  const answer = await ask(cli, fallback === undefined ? `${question}: ` : `${question} [${escape(fallback)}]: `);
  return given(answer) ?? fallback;
}

function given(answer: string): string | undefined {
  return answer === '' ? undefined : answer;
}

async function readValue(path: string): Promise<string | undefined> {
  try {
    await using handle = await open(path);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(MAX_VALUE_BYTES + 1));
    if (bytesRead > MAX_VALUE_BYTES) return undefined;
    return given(buffer.toString('utf8', 0, bytesRead).replace(/\r?\n$/, ''));
  } catch {
    // Whoever needs it says that it has no value.
    return undefined;
  }
}

function identify(reference: Reference): string {
  return JSON.stringify({ ...reference, fallback: undefined });
}
