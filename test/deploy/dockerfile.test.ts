import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readSettings } from '../../src/settings/settings.ts';
import { ROOT } from './composeFile.ts';
import { imageInstructions, parseDockerfile } from './dockerfile.ts';

const read = (name: string) => readFileSync(new URL(name, ROOT), 'utf8');
const stages = parseDockerfile(read('Dockerfile'));
const image = imageInstructions(stages);
const all = stages.flatMap(({ instructions }) => instructions);
const only = (name: string) => image.filter((instruction) => instruction.name === name);
const ignored = read('.dockerignore')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

describe('the Dockerfile', () => {
  test('builds on one image alone: the Node that the project is tested with', () => {
    const named = new Set(stages.map(({ name }) => name));
    const manifest = z
      .object({ devDependencies: z.object({ node: z.string() }) })
      .parse(JSON.parse(read('package.json')));
    expect(stages.map(({ from }) => from).filter((from) => !named.has(from))).toEqual([
      `node:${manifest.devDependencies.node}-bookworm-slim`,
    ]);
  });

  test('copies what exists, and .dockerignore lets nothing else into the build', () => {
    const copied = all
      .filter(({ name, flags }) => name === 'COPY' && flags['from'] === undefined)
      .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));
    for (const path of copied) expect.soft(existsSync(new URL(path, ROOT)), path).toBe(true);
    expect(ignored[0]).toBe('*');
    expect(new Set(ignored.slice(1))).toEqual(new Set(copied.map((path) => `!${path}`)));
  });

  test('takes files from earlier stages only', () => {
    for (const [index, { name, instructions }] of stages.entries()) {
      const earlier = stages.slice(0, index).map((stage) => stage.name);
      for (const { flags } of instructions) {
        if (flags['from'] !== undefined) expect.soft(earlier, name).toContain(flags['from']);
      }
    }
  });

  test('fetches nothing but packages, and runs none of their install scripts', () => {
    expect(all.filter(({ name }) => name === 'ADD')).toEqual([]);
    const installs = all.filter(({ rest }) => /\bnpm (ci|i|install)\b/.test(rest));
    expect(installs).toHaveLength(2);
    for (const { rest } of installs) expect(rest).toMatch(/^npm ci .*--ignore-scripts/);
    expect(all.filter(({ rest }) => /\b(curl|wget|npx)\b/.test(rest))).toEqual([]);
  });

  test('holds no secret', () => {
    for (const { name, rest } of all.filter(({ name }) => name === 'ENV' || name === 'ARG')) {
      expect(`${name} ${rest}`).not.toMatch(/SECRET|PASSWORD|TOKEN|ENCRYPTION_KEY|DATABASE_URL/);
    }
  });

  test('becomes a user without rights once everything is in its place', () => {
    const users = only('USER');
    expect(users.map(({ rest }) => rest)).toEqual(['node']);
    const after = image.slice(image.indexOf(users[0]!));
    expect(after.filter(({ name }) => ['RUN', 'COPY', 'WORKDIR'].includes(name))).toEqual([]);
  });

  test('starts the gateway under tini, which is installed', () => {
    expect(only('ENTRYPOINT').map(({ rest }) => JSON.parse(rest) as unknown)).toEqual([['tini', '--']]);
    expect(only('CMD').map(({ rest }) => JSON.parse(rest) as unknown)).toEqual([['metamcp']]);
    expect(only('RUN').filter(({ rest }) => /apt-get install .*\btini\b/.test(rest))).toHaveLength(1);
    expect(only('STOPSIGNAL').map(({ rest }) => rest)).toEqual(['SIGTERM']);
  });

  test('listens where others reach it, on the port that it tells', () => {
    const env = Object.fromEntries(only('ENV').map(({ rest }) => rest.split('=', 2)));
    const { host, metrics } = readSettings({ env, cwd: '/nowhere' });
    // Metrics are closed until they have a port.
    expect([host, metrics]).toEqual(['0.0.0.0', { host: '0.0.0.0', port: undefined }]);
    expect(only('EXPOSE').map(({ rest }) => rest)).toEqual([String(readSettings({ env: {}, cwd: '/nowhere' }).port)]);
  });
});
