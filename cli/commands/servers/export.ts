import { exportServers as writeFile, type ExportFormat } from '../../../src/configuration/exportFile.ts';
import type { CurrentServer } from '../../../src/configuration/currentState.ts';
import { NotFound } from '../../../src/errors/appError.ts';
import type { Cli } from '../../cli.ts';
import { escape, escapeLines } from '../../output/escape.ts';
import { readAllServers } from '../../stores/currentServers.ts';

export interface ExportOptions {
  readonly format?: ExportFormat;
  readonly only?: readonly string[];
}

/** Prints the servers as a configuration file. */
export async function exportServers({ output, withStores }: Cli, options: ExportOptions): Promise<void> {
  const { format = 'metamcp', only } = options;
  await withStores(async ({ stores }) => {
    const { text, variables, lost } = writeFile(chosen(await readAllServers(stores), only), format);
    // A file has its own escapes, JSON’s and YAML’s; the characters that they leave are shown, not obeyed.
    await output.answerVerbatim({ format, text, variables, lost }, escapeLines(text.trimEnd()));
    if (output.json) return;
    for (const sentence of lost) output.warn(escape(sentence));
  });
}

function chosen(servers: readonly CurrentServer[], only: readonly string[] | undefined): readonly CurrentServer[] {
  const unknown = only?.find((name) => !servers.some((server) => server.name === name));
  if (unknown !== undefined) throw new NotFound('server-not-found', `There is no server “${unknown}”.`);
  return only === undefined ? servers : servers.filter(({ name }) => only.includes(name));
}
