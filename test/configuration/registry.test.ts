import { describe, expect, it } from 'vitest';
import { REGISTRY_USES as OFFERED } from '../../cli/commands/servers.ts';
import { readClientFile } from '../../src/configuration/clientFile.ts';
import { parseConfigurationText } from '../../src/configuration/configurationText.ts';
import { planImport } from '../../src/configuration/importPlan.ts';
import { readRegistryFile, REGISTRY_USES } from '../../src/configuration/registry/registryFile.ts';
import { valuesOf } from './imported.ts';

interface Options {
  readonly variables?: Readonly<Record<string, string>>;
  readonly use?: string;
}

const textOf = (value: unknown) => parseConfigurationText(Buffer.from(JSON.stringify(value)), 'server.json');

/** What the servers of a file come to. */
function imported(value: unknown, { variables = {}, use }: Options = {}) {
  const file = readRegistryFile(textOf(value), { use });
  const options = { prefix: '', update: false, folder: '/files' };
  return planImport(file, options, () => undefined, valuesOf(variables)).map(
    ({ name, outcome, step, problems, notes }) => {
      const { settings, secrets } = step?.desired?.input ?? {};
      return {
        name,
        outcome,
        transport: settings?.transport,
        url: settings?.url,
        command: settings?.command === undefined ? undefined : [settings.command, ...(settings.args ?? [])].join(' '),
        headers: secrets?.headers,
        env: secrets?.env,
        problems: problems.map(({ code, message }) => `${code}: ${message}`).join('; '),
        notes: notes.join('; '),
      };
    },
  );
}

const server = (more: object) => ({
  name: 'io.github.someone/weather',
  description: 'Weather',
  version: '1.0.0',
  ...more,
});
const one = (more: object, options?: Options) => imported(server(more), options)[0];
const stdio = { type: 'stdio' };
const npm = { registryType: 'npm', identifier: '@someone/weather', version: '1.2.3', transport: stdio };

describe('a package of the MCP registry', () => {
  it.each<[registryPackage: object, command: string]>([
    [npm, 'npx -y @someone/weather@1.2.3'],
    [
      { ...npm, runtimeHint: 'npx', runtimeArguments: [{ type: 'named', name: '-y' }] },
      'npx -y @someone/weather@1.2.3',
    ],
    [
      { ...npm, registryBaseUrl: 'https://npm.example/' },
      'npx -y --registry=https://npm.example @someone/weather@1.2.3',
    ],
    [{ ...npm, registryBaseUrl: 'https://registry.npmjs.org' }, 'npx -y @someone/weather@1.2.3'],
    [{ registryType: 'pypi', identifier: 'weather', version: '0.5.0', transport: stdio }, 'uvx weather@0.5.0'],
    [
      { registryType: 'oci', identifier: 'ghcr.io/a/b:1.2.3', transport: stdio },
      'docker run -i --rm ghcr.io/a/b:1.2.3',
    ],
    [
      { registry_type: 'oci', registry_base_url: 'https://docker.io', identifier: 'a/b', version: '3.1.0' },
      'docker run -i --rm a/b:3.1.0',
    ],
    [
      { registryType: 'oci', registryBaseUrl: 'https://ghcr.io', identifier: 'a/b', version: '3.1.0' },
      'docker run -i --rm ghcr.io/a/b:3.1.0',
    ],
    [
      { registryType: 'oci', identifier: `a/b@sha256:${'0'.repeat(64)}` },
      `docker run -i --rm a/b@sha256:${'0'.repeat(64)}`,
    ],
    [
      {
        registryType: 'oci',
        identifier: 'a/b:1',
        runtimeArguments: [
          { type: 'positional', value: 'run' },
          { type: 'named', name: '-i' },
          { type: 'named', name: '--network', value: 'host' },
        ],
      },
      'docker run --rm -i --network host a/b:1',
    ],
    [{ registry_name: 'npm', name: 'old', version: '1.0.0' }, 'npx -y old@1.0.0'],
  ])('%j is run by %s [configuration-registry]', (registryPackage, command) => {
    expect(one({ packages: [registryPackage] })).toMatchObject({
      outcome: 'create',
      name: 'weather',
      transport: 'stdio',
      command,
    });
  });

  it('gets its arguments: fixed, by default, from a variable, or none that is optional [configuration-registry]', () => {
    const packageArguments = [
      { type: 'positional', value: 'start' },
      { type: 'named', name: '--read-only' },
      { type: 'named', name: '--host', default: 'localhost', isRequired: true },
      { type: 'named', name: '--port', format: 'number' },
      {
        type: 'named',
        name: '--mount',
        value: 'src={source_path},dst={target}',
        variables: { source_path: { isRequired: true }, target: { default: '/data' } },
      },
      { type: 'positional', valueHint: 'targetDir', isRequired: true },
      { type: 'positional', value: '{"json":{"a":1}} {unknown}' },
    ];
    const variables = { SOURCE_PATH: '/src', TARGET_DIR: '/dir' };
    expect(one({ packages: [{ ...npm, packageArguments }] }, { variables })?.command).toBe(
      'npx -y @someone/weather@1.2.3 start --read-only --host localhost --mount src=/src,dst=/data /dir {"json":{"a":1}} {unknown}',
    );
    expect(one({ packages: [{ ...npm, packageArguments }] }, { variables: { SOURCE_PATH: '/src' } })).toMatchObject({
      outcome: 'refuse',
      problems: expect.stringContaining('set the variable TARGET_DIR'),
    });
  });

  it('gets no variable that the machine sets for itself as an argument [configuration-registry]', () => {
    const packageArguments = [
      { type: 'positional', valueHint: 'path', isRequired: true },
      { type: 'named', name: '--host', default: 'localhost' },
      { type: 'named', name: '--user', isRequired: true },
    ];
    const of = (variables: Record<string, string>) => one({ packages: [{ ...npm, packageArguments }] }, { variables });
    const machine = { PATH: '/usr/bin', HOST: 'this-machine', USER: 'root' };
    expect(of({ ...machine, MCP_PATH: '/srv', MCP_USER: 'ann' })?.command).toBe(
      'npx -y @someone/weather@1.2.3 /srv --host localhost --user ann',
    );
    expect(of(machine)?.problems).toContain('set the variable MCP_PATH');
  });

  it('is run by what runs packages where the file names the language only [configuration-registry]', () => {
    expect(one({ packages: [{ ...npm, runtimeHint: 'node' }] })?.command).toBe('npx -y @someone/weather@1.2.3');
    const pypi = { registry_type: 'pypi', identifier: 'weather', version: '1.0.0', runtime_hint: 'python' };
    expect(one({ packages: [pypi] })?.command).toBe('uvx weather@1.0.0');
    const runtimeArguments = [{ type: 'positional', value: '--inspect' }];
    expect(one({ packages: [{ ...npm, runtimeHint: 'node', runtimeArguments }] })?.problems).toContain(
      'it wants to be run by node',
    );
  });

  it('gets its variables, of which secrets are never written anywhere but into the environment [configuration-registry] [configuration-command-line]', () => {
    const environmentVariables = [
      { name: 'API_KEY', isRequired: true, isSecret: true },
      { name: 'LOG_LEVEL', default: 'info', choices: ['debug', 'info'] },
      { name: 'FIXED', value: 'yes' },
      { name: 'URL', value: 'https://{user}@x', variables: { user: { default: 'me' } } },
      { name: 'OPTIONAL', isSecret: true },
    ];
    const found = one({ packages: [{ ...npm, environmentVariables }] }, { variables: { API_KEY: 'hush' } });
    expect(found).toMatchObject({
      env: { API_KEY: 'hush', LOG_LEVEL: 'info', FIXED: 'yes', URL: 'https://me@x' },
      notes: 'optional, and not set: OPTIONAL',
    });
    const image = { registryType: 'oci', identifier: 'a/b:1', environmentVariables: environmentVariables.slice(0, 1) };
    const runtimeArguments = [
      {
        type: 'named',
        name: '-e',
        value: 'DB=pg://{db_password}',
        variables: { db_password: { isRequired: true, isSecret: true } },
      },
    ];
    expect(
      one({ packages: [{ ...image, runtimeArguments }] }, { variables: { API_KEY: 'hush', DB_PASSWORD: 'hush2' } }),
    ).toMatchObject({
      command: 'docker run -i --rm -e API_KEY -e DB a/b:1',
      env: { API_KEY: 'hush', DB: 'pg://hush2' },
    });
  });

  it.each<[more: object, problem: string, variables?: Record<string, string>]>([
    [{ packages: [{ ...npm, version: 'latest' }] }, 'exact version'],
    [{ packages: [{ ...npm, version: '^1.2.3' }] }, 'exact version'],
    [{ packages: [{ ...npm, version: undefined }] }, 'exact version'],
    [{ packages: [{ registryType: 'oci', identifier: 'a/b:latest' }] }, 'exact version'],
    [{ packages: [{ registryType: 'oci', identifier: 'a/b' }] }, 'exact version'],
    [{ packages: [{ ...npm, identifier: '--evil' }] }, 'no identifier'],
    [{ packages: [{ ...npm, identifier: 'a; rm -rf /' }] }, 'no identifier'],
    [{ packages: [{ ...npm, runtimeHint: 'sh' }] }, 'servers add NAME -- COMMAND'],
    [
      { packages: [{ ...npm, transport: { type: 'streamable-http', url: 'http://localhost:1/' } }] },
      'register its URL',
    ],
    [
      { packages: [{ registryType: 'pypi', identifier: 'x', version: '1', registryBaseUrl: 'https://pypi.example' }] },
      'another registry',
    ],
    [
      { packages: [{ registryType: 'mcpb', identifier: 'https://x.example/x.mcpb' }] },
      'can’t run packages of the type mcpb',
    ],
    [
      {
        packages: [
          { ...npm, packageArguments: [{ type: 'named', name: '--api-key', isRequired: true, isSecret: true }] },
        ],
      },
      'is a secret, and a command line',
    ],
    [
      { packages: [{ ...npm, environmentVariables: [{ name: 'MODE', isRequired: true, choices: ['a', 'b'] }] }] },
      'may be one of a, b',
      { MODE: 'hush' },
    ],
    [
      { packages: [{ ...npm, environmentVariables: [{ name: 'API_KEY', isRequired: true }] }] },
      'set the variable API_KEY',
    ],
    [{ packages: [{ ...npm, environmentVariables: {} }] }, 'no list of mappings'],
    [{ packages: [] }, 'neither remotes nor packages'],
  ])('%j is refused with what is wrong [configuration-registry]', (more, problem, variables = {}) => {
    const found = one(more, { variables });
    expect({ outcome: found?.outcome, problems: found?.problems }).toEqual({
      outcome: 'refuse',
      problems: expect.stringContaining(problem),
    });
    expect(found?.problems).not.toContain('hush');
  });
});

describe('a remote of the MCP registry', () => {
  const url = 'https://weather.example/mcp';

  it('is reached at its URL, by Streamable HTTP before SSE, with its headers and variables [configuration-registry]', () => {
    const headers = [
      {
        name: 'Authorization',
        value: 'Bearer {api_token}',
        isSecret: true,
        variables: { api_token: { isRequired: true, isSecret: true } },
      },
      { name: 'X-Other', value: 'Key {SMITHERY_KEY}' },
      { name: 'X-API-Key', isRequired: true, isSecret: true },
      { name: 'X-Region', default: 'eu', choices: ['eu', 'us'] },
      { name: 'X-Optional' },
    ];
    const remotes = [
      { type: 'sse', url: 'https://weather.example/sse' },
      {
        type: 'streamable-http',
        url: 'https://{tenant_id}.example/mcp',
        variables: { tenant_id: { isRequired: true } },
        headers,
      },
    ];
    const variables = { API_TOKEN: 'hush1', SMITHERY_KEY: 'hush2', X_API_KEY: 'hush3', TENANT_ID: 'acme' };
    expect(one({ remotes, packages: [npm] }, { variables })).toMatchObject({
      outcome: 'create',
      transport: 'http',
      url: 'https://acme.example/mcp',
      headers: { Authorization: 'Bearer hush1', 'X-Other': 'Key hush2', 'X-API-Key': 'hush3', 'X-Region': 'eu' },
      notes: expect.stringContaining('--use npm'),
    });
  });

  it('of an older shape is one, too, and --use takes another way [configuration-registry]', () => {
    const remotes = [{ transport_type: 'sse', url: 'https://weather.example/sse' }];
    expect(one({ remotes })).toMatchObject({ transport: 'sse', url: 'https://weather.example/sse' });
    expect(one({ remotes: [{ transport_type: 'streamable', url }] })).toMatchObject({ transport: 'http' });
    expect(one({ remotes: [...remotes, { type: 'sse', url }], packages: [npm] })?.notes).toBe(
      'there are other ways to it: --use npm',
    );
    expect(one({ remotes, packages: [npm] }, { use: 'npm' })?.command).toBe('npx -y @someone/weather@1.2.3');
    expect(one({ remotes, packages: [npm] }, { use: 'oci' })?.problems).toContain('there is --use remote, npm');
    const mcpb = { registryType: 'mcpb', identifier: 'https://x.example/x.mcpb' };
    expect(one({ packages: [mcpb, npm] })?.command).toBe('npx -y @someone/weather@1.2.3');
    expect(OFFERED).toEqual(REGISTRY_USES);
  });

  it('is refused where its URL would show a secret, or has no value [configuration-registry] [configuration-command-line]', () => {
    const remote = (variables: object) => ({
      remotes: [{ type: 'streamable-http', url: 'https://x.example/{key_id}/mcp', variables }],
    });
    expect(one(remote({ key_id: { isRequired: true, isSecret: true } }))?.problems).toContain('reference-in-url');
    expect(one(remote({}))?.outcome).toBe('refuse');
  });

  it('is found in what the API of the registry answers with, by the last part of its name [configuration-registry]', () => {
    const list = {
      servers: [
        { server: server({ remotes: [{ type: 'streamable-http', url }] }), _meta: {} },
        server({ name: 'com.example/other', remotes: [{ type: 'streamable-http', url: 'https://o.example/' }] }),
      ],
      metadata: { count: 2 },
    };
    expect(imported(list).map(({ name, url: address }) => [name, address])).toEqual([
      ['weather', url],
      ['other', 'https://o.example/'],
    ]);
    expect(() => imported({ mcpServers: {} })).toThrow('A client’s file is imported without --registry');
    expect(() => readClientFile(textOf(server({ packages: [npm] })))).toThrow('import it with --registry FILE');
  });
});
