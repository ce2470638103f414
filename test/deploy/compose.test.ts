import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_PROXY_LIMITS } from '../../src/proxy/limits.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { SETTINGS } from '../../src/settings/variables.ts';
import {
  COMPOSE_FILES,
  interpolate,
  readComposeFile,
  ROOT,
  variablesOf,
  type ComposeFile,
  type Service,
} from './composeFile.ts';

const REQUIRED = ['POSTGRES_PASSWORD', 'JWT_SECRET', 'ENCRYPTION_KEY'];
const SECRET_SETTING = /PASSWORD|SECRET|TOKEN|_KEY(_PREVIOUS)?$/;
/** What clients reach. */
const WAY_IN = /^(gateway|nginx)$/;
/** What strangers' bytes reach. */
const FACES_STRANGERS = /^(gateway\d?|nginx)$/;
/** What the files set themselves, and what the image sets: an empty variable would take it away. */
const OF_THE_FILE = ['DATABASE_URL', 'SERVER_PORT', 'SERVER_HOST', 'METRICS_HOST', 'METAMCP_HOME'];
/** Whom the gateways believe, where they reach each other, and what nginx in front of them has in a file of its own. */
const OF_THE_CLUSTER = [
  ...['EVENT_STORE_URL', 'SERVER_PEER_URL', 'SERVER_MAX_BODY_BYTES', 'TRUSTED_PROXIES'],
  ...['TLS_CERT_FILE', 'TLS_KEY_FILE', 'TLS_HTTP2'],
];

const example = readFileSync(new URL('.env.example', ROOT), 'utf8');

describe.each(COMPOSE_FILES)('%s', (file) => {
  const written = readComposeFile(file);
  const required = file === 'compose.cluster.yml' ? [...REQUIRED, 'EVENT_STORE_PASSWORD'] : REQUIRED;
  const given = Object.fromEntries(required.map((name) => [name, `the-${name.toLowerCase()}`]));
  const resolved = interpolate(written, given);
  const services = Object.entries(resolved.services);

  test('.env.example names every variable that it uses', () => {
    const unexplained = new Set(
      variablesOf(written)
        .map(({ name }) => name)
        .filter((name) => !new RegExp(`^#?${name}=`, 'm').test(example)),
    );
    expect([...unexplained]).toEqual([]);
  });

  test('is refused without its secrets, and needs nothing else', () => {
    expect(new Set(variablesOf(written).flatMap(({ name, required }) => (required ? [name] : [])))).toEqual(
      new Set(required),
    );
    for (const missing of required) expect(() => interpolate(written, { ...given, [missing]: '' })).toThrow(missing);
    expect(JSON.stringify(resolved)).not.toContain('$');
  });

  test('holds no secret', () => {
    for (const [name, { environment }] of Object.entries(written.services)) {
      for (const [setting, value] of Object.entries(environment)) {
        if (SECRET_SETTING.test(setting)) expect.soft(value, `${name} ${setting}`).toMatch(/^\$\{[^}]+\}$/);
        const password = /:\/\/[^/@:]*:([^@]*)@/.exec(value)?.[1];
        if (password !== undefined) expect.soft(password, `${name} ${setting}`).toMatch(/^\$\{[^}]+\}$/);
      }
    }
  });

  test('runs images of one version each', () => {
    for (const [name, { image, build }] of services) {
      if (build === undefined) expect.soft(image, name).toMatch(/:\d+\.\d+[\w.-]*$/);
      else expect.soft(existsSync(new URL(`${build}/Dockerfile`, ROOT)), name).toBe(true);
    }
  });

  test('publishes the way in, and tools where asked for, to this machine alone', () => {
    for (const [name, { ports, profiles }] of services) {
      if (!WAY_IN.test(name) && profiles === undefined) expect.soft(ports, name).toEqual([]);
      for (const port of ports) expect.soft(port, name).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    }
    expect(services.filter(([, { ports, profiles }]) => ports.length > 0 && profiles === undefined)).toHaveLength(1);
  });

  test('keeps the stores on a network without a way in or out', () => {
    for (const [name, service] of services.filter(([name]) => /^(postgres|eventstore)/.test(name))) {
      expect.soft(Object.keys(service.networks), name).toEqual(['stores']);
    }
    expect(resolved.networks['stores']).toEqual({ internal: true });
    expect(Object.keys(resolved.services['nginx']?.networks ?? { edge: {} })).toEqual(['edge']);
  });

  test('gives no service more rights than it needs', () => {
    for (const [name, { cap_drop, security_opt }] of services) {
      expect.soft(cap_drop, name).toEqual(['ALL']);
      expect.soft(security_opt, name).toEqual(['no-new-privileges:true']);
    }
    for (const [name, { read_only, cap_add }] of services.filter(([name]) => FACES_STRANGERS.test(name))) {
      expect.soft([read_only, cap_add], name).toEqual([true, []]);
    }
  });

  test('watches every service that goes on running', () => {
    for (const [name, service] of services) {
      expect.soft(watched(service), name).toBe(service.restart === 'unless-stopped');
    }
  });

  test('waits for services of its own, for what they can become', () => {
    for (const [name, { depends_on }] of services) {
      for (const [dependency, { condition }] of Object.entries(depends_on)) {
        const target = resolved.services[dependency];
        expect.soft(target, `${name} waits for ${dependency}`).toBeDefined();
        const ends = target?.restart === 'no';
        expect
          .soft(condition, `${name} waits for ${dependency}`)
          .toBe(ends ? 'service_completed_successfully' : 'service_healthy');
      }
    }
  });

  test('declares the networks and volumes that it uses, uses those that it declares, and mounts files that exist', () => {
    const mounted = services.flatMap(([, { volumes }]) => volumes.map((volume) => volume.split(':')[0]!));
    const files = mounted.filter((source) => source.startsWith('./'));
    for (const path of files) expect.soft(existsSync(new URL(path, ROOT)), path).toBe(true);
    expect(new Set(mounted.filter((source) => !source.startsWith('./')))).toEqual(
      new Set(Object.keys(resolved.volumes)),
    );
    expect(new Set(services.flatMap(([, { networks }]) => Object.keys(networks)))).toEqual(
      new Set(Object.keys(resolved.networks)),
    );
  });

  test('starts pgAdmin and, on one machine, EventStoreDB only when asked', () => {
    const asked: Record<string, string[]> = { pgadmin: ['tools'], eventstore: ['eventstore'] };
    for (const [name, { profiles, depends_on }] of services) {
      expect.soft(profiles, name).toEqual(asked[name]);
      for (const [dependency, { required }] of Object.entries(depends_on)) {
        expect.soft(required, `${name} needs ${dependency}`).toBe(asked[dependency] === undefined);
      }
    }
  });

  test('gives its gateways settings that they accept', () => {
    for (const [, { environment }] of services.filter(([name]) => name.startsWith('gateway'))) {
      const config = readSettings({ env: environment, cwd: '/nowhere' });
      expect(config.jwtSecret).toBe('the-jwt_secret');
      expect(config.maxBodyBytes ?? DEFAULT_PROXY_LIMITS.maxBodyBytes).toBe(16_777_216);
      const database = new URL(config.databaseUrl!);
      expect([database.password, resolved.services[database.hostname]?.environment['POSTGRES_PASSWORD']]).toEqual([
        'the-postgres_password',
        'the-postgres_password',
      ]);
      expect(database.pathname).toBe(`/${resolved.services[database.hostname]?.environment['POSTGRES_DB'] ?? ''}`);
    }
  });

  test('lets .env set every setting that is not set here, and leaves the defaults where it does not', () => {
    const own = file === 'compose.cluster.yml' ? [...OF_THE_FILE, ...OF_THE_CLUSTER] : OF_THE_FILE;
    const free = Object.keys(SETTINGS).filter((name) => !own.includes(name));
    const of = (env: Record<string, string>) => gatewaysIn(interpolate(written, { ...given, ...env }));
    const set = of(Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, `of-env-${name}`])));
    for (const [name, environment] of set) {
      const taken = Object.entries(environment).filter(([variable, value]) => value === `of-env-${variable}`);
      expect(taken.map(([variable]) => variable).sort(), name).toEqual(free.sort());
      expect(Object.keys(environment)).not.toContain('SERVER_HOST');
      expect(Object.keys(environment)).not.toContain('METRICS_HOST');
    }
    for (const [name, environment] of of({})) {
      const stated = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
      const settings = readSettings({ env: environment, cwd: '/nowhere' });
      expect(settings, name).toEqual(readSettings({ env: stated, cwd: '/nowhere' }));
      expect(settings.metrics.port).toBeUndefined();
    }
  });

  test.runIf(file === 'docker-compose.yml')(
    'keeps events in PostgreSQL, or where .env has them; reaches the host',
    () => {
      const gateway = (env: Record<string, string>) => interpolate(written, { ...given, ...env }).services['gateway']!;
      const { environment, extra_hosts } = gateway({});
      expect(readSettings({ env: environment, cwd: '/nowhere' }).eventStoreUrl).toBeUndefined();
      expect(extra_hosts).toEqual(['host.docker.internal:host-gateway']);
      const url = 'esdb://eventstore:2113?tls=false';
      expect(readSettings({ env: gateway({ EVENT_STORE_URL: url }).environment, cwd: '/nowhere' }).eventStoreUrl).toBe(
        url,
      );
    },
  );

  test.runIf(file === 'docker-compose.yml')('has TLS by what docs/docker.md adds to it', () => {
    const page = readFileSync(new URL('docs/docker.md', ROOT), 'utf8');
    const [, override = ''] = /^```yaml\n# compose\.override\.yml.*?\n(.*?)^```$/ms.exec(page) ?? [];
    const [, env = ''] = /^```ini\n(TLS_.*?)^```$/ms.exec(page) ?? [];
    const { gateway } = (parse(override) as { services: Record<string, { volumes: string[]; ports: string[] }> })
      .services;
    const { environment } = interpolate(written, { ...given, ...(parseEnv(env) as Record<string, string>) }).services[
      'gateway'
    ]!;
    const { tls, port } = readSettings({ env: environment, cwd: '/nowhere' });
    const mounted = gateway!.volumes.map((volume) => volume.split(':')[1]);
    expect([tls.certFile, tls.keyFile].map((path) => dirname(path!))).toEqual([...mounted, ...mounted]);
    expect(gateway!.ports.map((published) => published.split(':')[1])).toEqual([String(port)]);
  });

  test('docker compose takes it', ({ skip }) => {
    skip(!hasCompose(), 'docker compose (version 2 or newer) is not installed');
    const config = execFileSync('docker', ['compose', '--file', file, 'config', '--quiet'], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], ...given },
      encoding: 'utf8',
    });
    expect(config).toBe('');
  });
});

function gatewaysIn({ services }: ComposeFile): [name: string, environment: Record<string, string>][] {
  return Object.entries(services).flatMap(([name, { environment }]) =>
    name.startsWith('gateway') ? [[name, environment]] : [],
  );
}

function watched({ healthcheck, build }: Service): boolean {
  if (healthcheck === undefined) {
    return build !== undefined && /^HEALTHCHECK /m.test(readFileSync(new URL('Dockerfile', ROOT), 'utf8'));
  }
  return !('disable' in healthcheck);
}

function hasCompose(): boolean {
  try {
    execFileSync('docker', ['compose', 'version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
