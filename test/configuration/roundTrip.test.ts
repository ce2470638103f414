import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CurrentServer } from '../../src/configuration/currentState.ts';
import { exportFormats, exportServers } from '../../src/configuration/exportFile.ts';
import type { ImportedEntry } from '../../src/configuration/importPlan.ts';
import { CLIENTS, urlOf, type GeneratedFile } from './generated/clients.ts';
import { expectedOf } from './generated/expected.ts';
import { FILES, generatedServers, PLACEHOLDERS, VARIABLES, type GeneratedServer } from './generated/model.ts';
import { planOf, serversOf, valuesOf } from './imported.ts';

// Files as clients write them, by a model that says what each comes to: CONFIGURATION_SEED=… CONFIGURATION_RUNS=… npx vitest
// run test/configuration/roundTrip.test.ts

const seed = Number(process.env['CONFIGURATION_SEED'] ?? randomInt(1_000_000));
const runs = Number(process.env['CONFIGURATION_RUNS'] ?? 40);
process.stderr.write(`test/configuration: CONFIGURATION_SEED=${seed} CONFIGURATION_RUNS=${runs}\n`);

const ENCODINGS: Readonly<Record<string, (text: string) => Buffer>> = {
  plain: (text) => Buffer.from(text),
  mark: (text) => Buffer.from(`\ufeff${text}`),
  windows: (text) => Buffer.from(text.replaceAll('\n', '\r\n')),
  powerShell: (text) => Buffer.from(`\ufeff${text.replaceAll('\n', '\r\n')}`, 'utf16le'),
};

/** Where a server is, or what starts it. */
function addressOf(server: GeneratedServer) {
  if (server.local === undefined) return { url: urlOf(server) };
  const { words, cwd } = server.local;
  const [command, ...args] = words;
  return { command, ...(args.length === 0 ? {} : { args }), ...(cwd === undefined ? {} : { cwd }) };
}

/** All of a server that an export has to keep. */
function kept({ name, input: { settings, secrets }, enabled }: CurrentServer) {
  const { transport, url, command, args, cwd } = settings;
  return { name, secrets, transport, url, command, args, cwd, enabled };
}

/** Everything that is shown of a plan. */
function shown(entries: readonly ImportedEntry[]): string {
  return JSON.stringify(entries.map(({ step, ...entry }) => ({ ...entry, changes: step?.changes })));
}

function check(servers: readonly GeneratedServer[], client: string, file: GeneratedFile, bytes: Buffer): void {
  const valueOf = valuesOf(VARIABLES, FILES);
  const entries = planOf(bytes, file.name, valueOf);
  const current = serversOf(entries);
  for (const server of servers) {
    const expected = expectedOf(server, servers, client);
    const entry = entries.find((each) => each.entry === server.name);
    expect({ name: server.name, outcome: entry?.outcome }).toEqual({ name: server.name, outcome: expected.outcome });
    if (expected.outcome !== 'create') continue;
    const desired = entry?.step?.desired;
    expect(desired?.input.settings).toMatchObject({ ...addressOf(server), transport: expected.transport });
    const kind = server.local === undefined ? 'headers' : 'env';
    expect(desired?.input.secrets).toEqual({ headers: {}, env: {}, [kind]: expected.secrets });
    expect(desired?.enabled).toBe(server.toggle.enabled);
  }
  const sent = current.flatMap(({ input }) => Object.values({ ...input.secrets.headers, ...input.secrets.env }));
  for (const value of sent) {
    expect(PLACEHOLDERS.some((each) => value === each || value === `Bearer ${each}`)).toBe(false);
    expect(value).not.toContain('NOT_SET');
  }
  expect(shown(entries)).not.toContain('hush');
  const again = planOf(bytes, file.name, valueOf, current);
  expect(again.map(({ outcome }) => outcome)).toEqual(
    entries.map(({ outcome }) => (outcome === 'create' ? 'none' : outcome)),
  );
  for (const format of exportFormats) checkExport(current, format);
}

function checkExport(current: readonly CurrentServer[], format: (typeof exportFormats)[number]): void {
  const { text, variables, lost } = exportServers(current, format);
  expect(text + lost.join()).not.toContain('hush');
  const secretOf = ({ server, field }: (typeof variables)[number]) => {
    const [kind, name = ''] = field.split(/\.([^]*)/);
    const secrets = current.find((each) => each.name === server)?.input.secrets;
    return secrets?.[kind === 'env' ? 'env' : 'headers'][name] ?? '';
  };
  const valueOf = valuesOf(Object.fromEntries(variables.map((each) => [each.name, secretOf(each)])));
  const name = format === 'codex' ? 'config.toml' : format === 'metamcp' ? 'metamcp.yaml' : 'mcp.json';
  if (format === 'metamcp') expect(lost).toEqual([]);
  const isLost = (server: string) => lost.some((sentence) => sentence.startsWith(`${server}: `));
  const whole = current.filter((server) => !isLost(server.name));
  const onto = planOf(text, name, valueOf, current);
  expect(shown(onto)).not.toContain('hush');
  const outcomes = onto.filter((entry) => !isLost(entry.name)).map((entry) => [entry.name, entry.outcome]);
  expect(outcomes).toEqual(whole.map((server) => [server.name, 'none']));
  const elsewhere = serversOf(planOf(text, name, valueOf));
  const same = elsewhere.filter((server) => !isLost(server.name));
  expect(same.map(kept)).toEqual(whole.map(kept));
  if (lost.length === 0) expect(exportServers(elsewhere, format).text).toBe(text);
}

it.each(Object.keys(CLIENTS))(
  'any file of %s comes to what it means, exported and imported again without a difference [configuration-generated]',
  (client) => {
    fc.assert(
      fc.property(
        generatedServers,
        fc.boolean(),
        fc.constantFrom(...Object.keys(ENCODINGS)),
        (servers, friendly, encoding) => {
          const file = CLIENTS[client]?.file(servers, friendly) ?? { name: '', text: '' };
          const bytes = ENCODINGS[encoding]?.(file.text) ?? Buffer.from(file.text);
          check(servers, client, file, bytes);
        },
      ),
      { seed, numRuns: runs },
    );
  },
);
