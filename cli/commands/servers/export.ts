import { exportServers as writeFile, type ExportFormat } from '../../../src/configuration/exportFile.ts';
import type { CurrentServer } from '../../../src/configuration/currentState.ts';
import { NotFound } from '../../../src/errors/appError.ts';
import { addressDigest } from '../../../src/events/serverAddress.ts';
import type { Queryable } from '../../../src/postgres/database.ts';
import { listCredentialsOf } from '../../../src/projections/tables/apiKeys.ts';
import { findServer } from '../../../src/projections/tables/mcpServers.ts';
import type { Cli } from '../../cli.ts';
import { escape, escapeLines } from '../../../src/escape.ts';
import { readAllServers } from '../../stores/currentServers.ts';

export interface ExportOptions {
  readonly format?: ExportFormat;
  readonly only?: readonly string[];
}

/** Prints the servers as a configuration file. */
export async function exportServers({ output, withStores }: Cli, options: ExportOptions): Promise<void> {
  const { format = 'metamcp', only } = options;
  await withStores(async ({ stores }) => {
    const servers = chosen(await readAllServers(stores), only);
    const { text, variables, lost: ofFormat } = writeFile(servers, format);
    const lost = [...ofFormat, ...(await ofSingleKeys(stores.db, servers))];
    // A file has its own escapes, JSON’s and YAML’s; the characters that they leave are shown, not obeyed.
    await output.answerVerbatim({ format, text, variables, lost }, escapeLines(text.trimEnd()));
    if (output.json) return;
    for (const sentence of lost) output.warn(escape(sentence));
  });
}

/** Names the servers that get something for single keys: a file is of servers, and a key’s id means nothing elsewhere. */
async function ofSingleKeys(db: Queryable, servers: readonly CurrentServer[]): Promise<string[]> {
  const sentences: string[] = [];
  for (const { name } of servers) {
    const row = await findServer(db, name);
    const credentials = row === undefined ? [] : await listCredentialsOf(db, { ...row, address: addressDigest(row) });
    if (credentials.length === 0) continue;
    sentences.push(
      `${name}: a file holds nothing of what it gets for single keys (${String(credentials.length)} here).`,
    );
  }
  return sentences;
}

function chosen(servers: readonly CurrentServer[], only: readonly string[] | undefined): readonly CurrentServer[] {
  const unknown = only?.find((name) => !servers.some((server) => server.name === name));
  if (unknown !== undefined)
    throw new NotFound('server-not-found', `There is no server “${unknown}”. See: metamcp-cli servers list`);
  return only === undefined ? servers : servers.filter(({ name }) => only.includes(name));
}
