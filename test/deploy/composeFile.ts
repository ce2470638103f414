import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

/** The checkout. */
export const ROOT = new URL('../../', import.meta.url);
export const COMPOSE_FILES = ['docker-compose.yml', 'compose.cluster.yml'] as const;
export type ComposeFileName = (typeof COMPOSE_FILES)[number];

const Duration = z.string().regex(/^\d+[sm]$/);
const Size = z.string().regex(/^\d+[mg]$/);

/** A list of names, or by name what the service has there. */
const ByNetwork = z.record(z.string(), z.strictObject({ ipv4_address: z.ipv4().optional() }));
const Networks = z.union([
  z
    .array(z.string())
    .transform((names): z.infer<typeof ByNetwork> => Object.fromEntries(names.map((name) => [name, {}]))),
  ByNetwork,
]);

/** What we use of the Compose Specification. `privileged`, `devices`, `pid` and the like are not among it, nor is a misspelt key. */
const Service = z.strictObject({
  image: z.string(),
  build: z.string().optional(),
  profiles: z.array(z.string()).optional(),
  hostname: z.string().optional(),
  user: z.string().optional(),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  depends_on: z
    .record(
      z.string(),
      z.strictObject({
        condition: z.enum(['service_healthy', 'service_completed_successfully', 'service_started']),
        required: z.boolean().default(true),
      }),
    )
    .default({}),
  extra_hosts: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  networks: Networks.default({}),
  network_mode: z.literal('none').optional(),
  volumes: z.array(z.string()).default([]),
  tmpfs: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
  security_opt: z.array(z.string()).default([]),
  cap_drop: z.array(z.string()).default([]),
  cap_add: z.array(z.string()).default([]),
  healthcheck: z
    .union([
      z.strictObject({ disable: z.literal(true) }),
      z.strictObject({
        test: z.array(z.string()),
        interval: Duration,
        timeout: Duration,
        retries: z.int(),
        start_period: Duration,
      }),
    ])
    .optional(),
  restart: z.enum(['no', 'unless-stopped']),
  stop_grace_period: Duration.optional(),
  logging: z.strictObject({ driver: z.string(), options: z.record(z.string(), z.string()) }),
  ulimits: z.strictObject({ nofile: z.int() }).optional(),
  mem_limit: Size,
  cpus: z.number(),
  pids_limit: z.int(),
});
export type Service = z.infer<typeof Service>;

const ComposeFile = z.strictObject({
  name: z.string(),
  services: z.record(z.string(), Service),
  networks: z.record(
    z.string(),
    z.strictObject({
      internal: z.boolean().optional(),
      ipam: z
        .strictObject({ config: z.tuple([z.strictObject({ subnet: z.cidrv4(), ip_range: z.cidrv4() })]) })
        .optional(),
    }),
  ),
  volumes: z.record(z.string(), z.strictObject({})),
});
export type ComposeFile = z.infer<typeof ComposeFile>;

/** Reads a compose file as it is written: merge keys resolved, variables not. */
export function readComposeFile(name: ComposeFileName): ComposeFile {
  const document = parse(readFileSync(new URL(name, ROOT), 'utf8'), { merge: true }) as Record<string, unknown>;
  return ComposeFile.parse(Object.fromEntries(Object.entries(document).filter(([key]) => !key.startsWith('x-'))));
}

/** `${NAME}`, `${NAME-default}`, `${NAME:-default}`, `${NAME:?message}` (Compose Specification, 12). */
const VARIABLE = /\$\{(?<name>[A-Z_][A-Z0-9_]*)(?:(?<operator>:?[-?])(?<operand>[^}]*))?\}/g;

export interface Variable {
  readonly name: string;
  /** Compose refuses to do anything without it. */
  readonly required: boolean;
}

/** Lists the variables that a value uses, anywhere in it. */
export function variablesOf(value: unknown): Variable[] {
  return [...JSON.stringify(value).matchAll(VARIABLE)].map(({ groups }) => ({
    name: groups!['name']!,
    required: groups!['operator'] === ':?',
  }));
}

/** Puts the variables in, as Compose does. @throws Error when a required one is missing */
export function interpolate<T>(value: T, env: Readonly<Record<string, string>>): T {
  const replaced = JSON.stringify(value).replace(
    VARIABLE,
    (_all, name: string, operator: string | undefined, operand = '') => {
      const given = env[name];
      if (given !== undefined && (given !== '' || !operator?.startsWith(':')))
        return JSON.stringify(given).slice(1, -1);
      if (operator?.endsWith('?') === true) throw new Error(`${name}: ${String(operand)}`);
      return String(operand);
    },
  );
  return JSON.parse(replaced) as T;
}
