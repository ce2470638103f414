import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { FileUnreadable, readBounded } from '../../../src/boundedRead.ts';
import type { Origin } from '../../../src/configuration/delivery.ts';
import type { Value, ValueOf } from '../../../src/configuration/referenceValue.ts';
import { editorFolders, withFolders } from '../../../src/configuration/editorFolders.ts';
import { folderAt } from '../../../src/configuration/folderAt.ts';
import type { FileInput } from '../../../src/configuration/foreignServer.ts';
import { variableOf, type Reference } from '../../../src/configuration/reference.ts';
import { createOwnSecrets } from '../../../src/settings/ownSecrets.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import { ask, askHidden, isInteractive } from '../../input/prompt.ts';

/** Larger than any header may be. */
const MAX_VALUE_BYTES = 65_536;

export interface ValueOptions {
  /** Where the references stand: files in them are relative to it. `-`: the working directory. */
  readonly file: string;
  readonly inputs: readonly FileInput[];
  /** Whether a person may be asked for what is missing. */
  readonly asks: boolean;
}

/** What references stand for on this machine. */
export interface ReferenceValues {
  /** What files and folders that the file names are relative to. */
  readonly folder: string;
  /** Names where the value would be read from, without reading it; undefined when it has no source, or must not leave here. */
  originOf(reference: Reference): Origin | undefined;
  /**
   * Finds what references stand for, each once: in the environment, in files, or by asking. An empty variable counts as
   * one that is not set: `Bearer ` with nothing after it can't be meant. A secret of MetaMCP itself is refused,
   * under any name: the author of the file chose both the reference and the server that gets its value.
   * @param optional references of servers that may be left out: there is no prompt for them
   */
  find(references: readonly Reference[], optional?: readonly Reference[]): Promise<ValueOf>;
}

/** Prepares to find what the references of a file stand for. @throws Invalid `config-invalid` */
export async function openReferenceValues(cli: Cli, { file, inputs, asks }: ValueOptions): Promise<ReferenceValues> {
  const { env, cwd } = cli;
  const folder = file === '-' ? cwd : dirname(resolve(cwd, file));
  const own = createOwnSecrets({ settings: await cli.readSettings(), env, cwd, referrer: folder });
  const folders = editorFolders(folder, env['HOME'] ?? homedir());
  // With the file on stdin, a prompt gets no answer.
  const person = asks && file !== '-' && isInteractive(cli);

  function originOf(reference: Reference): Origin | undefined {
    if (reference.kind === 'file') {
      return { kind: 'file', path: folderAt(folder, withFolders(reference.path, folders)) };
    }
    const name = variableOf(reference);
    if (name === undefined || own.variable(name) !== undefined || (env[name] ?? '') === '') return undefined;
    return { kind: 'variable', name };
  }

  async function findOne(reference: Reference, mayAsk: boolean): Promise<Value | undefined> {
    const value = await findValue(reference, mayAsk);
    const isSecret = reference.kind === 'input' && inputs.find(({ id }) => id === reference.id)?.secret !== false;
    return value === undefined || 'refusal' in value ? value : { ...value, isSecret };
  }

  async function findValue(reference: Reference, mayAsk: boolean): Promise<Value | undefined> {
    const name = variableOf(reference);
    const refusal = name === undefined ? undefined : own.variable(name);
    if (refusal !== undefined) return { refusal, code: 'own-secret' };
    const origin = originOf(reference);
    if (origin?.kind === 'file') return readValue(origin);
    if (origin !== undefined) return checked(env[origin.name], origin);
    if (reference.kind === 'env' && Object.hasOwn(folders, reference.name)) {
      return checked(folders[reference.name], undefined);
    }
    if (!person || !mayAsk) return undefined;
    if (reference.kind === 'input') return checked(await askForInput(cli, reference.id, inputs), undefined);
    if (reference.kind !== 'env' || reference.fallback !== undefined) return undefined;
    return checked(await askHidden(cli, `${escape(reference.name)} (hidden): `), undefined);
  }

  async function readValue(origin: Origin & { readonly kind: 'file' }): Promise<Value | undefined> {
    let refusal: string | undefined;
    try {
      const bytes = await readBounded(origin.path, {
        maxBytes: MAX_VALUE_BYTES,
        inspect(opened) {
          refusal = own.file(origin.path, opened);
          if (refusal !== undefined) throw new FileUnreadable(refusal);
        },
      });
      return checked(bytes.toString('utf8').replace(/\r?\n$/, ''), origin);
    } catch (error) {
      if (!(error instanceof FileUnreadable)) throw error;
      if (refusal !== undefined) return { refusal, code: 'own-secret' };
      if (error.isMissing) return undefined;
      return { refusal: `can’t be read (${error.reason})`, code: 'reference-unresolved' };
    }
  }

  function checked(text: string | undefined, origin: Origin | undefined): Value | undefined {
    if (text === undefined || text === '') return undefined;
    const refusal = own.value(text);
    return refusal === undefined ? { text, origin } : { refusal, code: 'own-secret' };
  }

  return {
    folder,
    originOf,
    async find(references, optional = []) {
      const values = new Map<string, Value | undefined>();
      for (const reference of references) {
        const id = identify(reference);
        if (!values.has(id) || (values.get(id) === undefined && reference.kind === 'env')) {
          values.set(id, await findOne(reference, true));
        }
      }
      for (const reference of optional) {
        const id = identify(reference);
        if (!values.has(id)) values.set(id, await findOne(reference, false));
      }
      return (reference) => values.get(identify(reference)) ?? defaultOf(reference);
    },
  };
}

function defaultOf(reference: Reference): Value | undefined {
  if (reference.kind !== 'env' || reference.fallback === undefined) return undefined;
  return { text: reference.fallback, origin: undefined };
}

async function askForInput(cli: Cli, id: string, inputs: readonly FileInput[]): Promise<string | undefined> {
  const { description, fallback, secret = true } = inputs.find((input) => input.id === id) ?? {};
  const question = escape(description ?? id);
  if (secret) return nonEmpty(await askHidden(cli, `${question} (hidden): `));
  const answer = await ask(cli, fallback === undefined ? `${question}: ` : `${question} [${escape(fallback)}]: `);
  return nonEmpty(answer) ?? fallback;
}

function nonEmpty(answer: string): string | undefined {
  return answer === '' ? undefined : answer;
}

function identify(reference: Reference): string {
  return JSON.stringify({ ...reference, fallback: undefined, isForeign: undefined });
}
