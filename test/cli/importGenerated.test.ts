import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLIENTS } from '../configuration/generated/clients.ts';
import { FILES, generatedServers, VARIABLES } from '../configuration/generated/model.ts';
import { openImportWorld, type ImportWorld } from './importWorld.ts';

// What test/configuration/roundTrip.test.ts proves of plans, the command does: CONFIGURATION_SEED=… chooses the files.

const seed = Number(process.env['CONFIGURATION_SEED'] ?? randomInt(1_000_000));
process.stderr.write(`test/cli/importGenerated: CONFIGURATION_SEED=${seed}\n`);

let world: ImportWorld;
beforeAll(async () => {
  world = await openImportWorld();
  for (const [name, content] of Object.entries(FILES)) await world.write(content, name);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

it.each(['claudeDesktop', 'vscode', 'gemini', 'continue', 'codex'])(
  'a generated file of %s shows no secret, whatever is done with it [configuration-generated] [configuration-no-secrets]',
  async (client) => {
    const [servers = []] = fc.sample(generatedServers, { seed, numRuns: 1 });
    const { name, text } = CLIENTS[client]?.file(servers, true) ?? { name: '', text: '' };
    const file = await world.write(text, name);
    const env = { ...VARIABLES };
    const options = ['--prefix', `${client.toLowerCase()}-`, '--skip-refused', '--update'];
    const shown: string[] = [];
    for (const more of [['--dry-run'], [], ['--json'], ['--dry-run', '--json']]) {
      const { stdout, stderr } = await world.cli.run(['servers', 'import', file, ...options, ...more], { env });
      shown.push(stdout, stderr);
    }
    for (const format of ['metamcp', 'vscode']) {
      const exported = await world.cli.run(['servers', 'export', '--format', format]);
      expect(exported.code).toBe(0);
      shown.push(exported.stdout, exported.stderr);
    }
    expect(shown.join('\n'), `CONFIGURATION_SEED=${seed}`).not.toContain('hush');
    expect(shown.join('\n')).not.toMatch(/^\s+at .*\.ts:\d+/m);
  },
);
