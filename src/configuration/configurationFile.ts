import { z } from 'zod';
import { DEFAULT_GRANTS, DEFAULT_SCOPES } from '../commands/apiKey.ts';
import { grantSchema, scopeSchema } from '../events/apiKey.ts';
import { durationMs, POSITIVE_DURATION } from '../events/duration.ts';
import {
  isolationSchema,
  onToolChangeSchema,
  programLimitSchemas,
  serverNameSchema,
  transportSchema,
} from '../events/mcpServer.ts';
import { roleNameSchema } from '../events/heldRole.ts';
import { statedKeyLimitsSchema, networksSchema, statedServerLimitsSchema } from '../events/limit.ts';
import { MAX_URL_LENGTH } from '../events/serverUrl.ts';
import { tagsSchema } from '../events/tagSchema.ts';
import { descriptionSchema, keyNameSchema, ownerSchema, titleSchema } from '../events/text.ts';
import { isStorableTime } from '../events/storableTime.ts';
import { zonedTimeSchema } from '../events/time.ts';

// The file of `apply` and `diff`: what is not in it has its default, so that the file says all there is to say.

/** Says how what is of another kind is written. */
function written(how: string): { error: z.core.$ZodErrorMap } {
  return {
    error: (issue) => (issue.code === 'invalid_type' && issue.input !== undefined ? `must be ${how}` : undefined),
  };
}

const DURATION = 'must be a whole number with its unit: 500ms, 10s, 5m, 1h or 1d; at most 36500d';

const duration = z
  .string({ error: (issue) => (issue.input === undefined ? undefined : DURATION) })
  .regex(POSITIVE_DURATION, DURATION)
  .refine((text) => durationMs(text) !== undefined, DURATION)
  .meta({ examples: ['10s', '5m', '1h'] });

const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable');

const secretValue = z
  .union(
    [
      z.string(),
      z.strictObject({ from_env: variableName.describe('The environment variable that holds the value.') }),
      z.strictObject({
        from_file: z
          .string()
          .min(1)
          .describe('The file that holds the value, relative to this one; its last line end is left out.'),
      }),
    ],
    { error: 'must be a text (a number or truth value needs quotes), {from_env: VARIABLE} or {from_file: PATH}' },
  )
  .describe(
    'A text, in which ${env:VAR}, ${VAR}, ${VAR:-default} and ${file:PATH} stand for what is there when the file is applied; $${ is a literal ${. What other clients fill in, as $VAR or <YOUR_KEY>, is refused. Keep secrets out of the file.',
  );

const server = z
  .strictObject(
    {
      title: titleSchema.min(1).optional().describe('Its name for people.'),
      description: descriptionSchema.min(1).optional(),
      transport: transportSchema.optional().describe('Default: http with a url, stdio with a command.'),
      url: z
        .string()
        .min(1)
        .max(MAX_URL_LENGTH)
        .optional()
        .describe('Where it listens: https://host/mcp. References may stand in it, except for secrets.'),
      command: z.string().min(1).max(4_096).optional().describe('What starts a stdio server.'),
      args: z
        .array(z.string(written('a text: put it in quotes')).max(65_536), written('a list, as [-y, some-package]'))
        .max(1_024)
        .optional(),
      cwd: z
        .string()
        .min(1)
        .max(4_096)
        .optional()
        .describe('Where the command runs; relative to this file. Default: /.'),
      headers: z
        .record(z.string(), secretValue, written('a mapping, as {Authorization: …}'))
        .optional()
        .describe('Sent with each request; stored encrypted.'),
      env: z
        .record(z.string(), secretValue, written('a mapping, as {API_KEY: …}'))
        .optional()
        .describe('For a command; stored encrypted.'),
      enabled: z.boolean().optional().describe('Default: true.'),
      isolation: isolationSchema.optional().describe('Who shares a session of it. Default: session.'),
      on_tool_change: onToolChangeSchema
        .optional()
        .describe(
          'Tools that are new or have changed since they were approved: allow, flag (marked in lists) or hold (withheld). Default: allow.',
        ),
      timeouts: z
        .strictObject({
          connect: duration.optional().describe('Until the connection stands. Default: 10s.'),
          idle: duration.optional().describe('Without a byte while an answer is due. Default: 5m.'),
          total: duration.optional().describe('For one call. Default: 1h.'),
          idle_stop: duration
            .optional()
            .describe(
              'A program that nobody has used for so long is stopped until it is needed. Default: the gateway’s.',
            ),
        })
        .optional(),
      limits: z
        .strictObject({
          max_in_flight: z.int().positive().optional().describe('Calls at once. Default: 1000.'),
          memory_bytes: programLimitSchemas.memoryBytes
            .optional()
            .describe('Memory that each process of a program may write to.'),
          open_files: programLimitSchemas.openFiles
            .optional()
            .describe('Files that each process of a program may open.'),
          processes: programLimitSchemas.processes
            .optional()
            .describe('A program starts no process when the gateway’s user has so many.'),
          restarts: programLimitSchemas.restarts
            .optional()
            .describe('A program is given up when it ends once more in a row. Default: 5.'),
          rates: statedServerLimitsSchema
            .optional()
            .describe(
              'Of all clients together, as [requests=100/s, bytes=10MiB/m, streams=5, tool:search_*=50/h]. Default: none.',
            ),
        })
        .optional(),
    },
    written('a mapping, as {url: https://host/mcp} or {command: npx, args: […]}'),
  )
  .refine(({ url, command }) => (url === undefined) !== (command === undefined), 'needs either a url or a command')
  .refine(
    ({ transport, url }) => transport === undefined || (transport === 'stdio') === (url === undefined),
    'has a transport that does not go with it: http and sse have a url, stdio a command',
  )
  .refine(
    ({ command, args, cwd, env }) => command !== undefined || (args ?? cwd ?? env) === undefined,
    'has a url, so args, cwd and env have no meaning',
  )
  .refine(
    ({ command, headers }) => command === undefined || headers === undefined,
    'has a command, so headers have no meaning',
  );

const key = z.strictObject(
  {
    description: descriptionSchema
      .min(1)
      .optional()
      .describe('Given when the key is created; it can’t be changed later.'),
    owner: ownerSchema.optional().describe('Who answers for the key.'),
    tags: tagsSchema.optional().describe('What it is found by: [team=search, env=prod]. Default: none.'),
    scopes: z
      .array(scopeSchema, written('a list, as [mcp, servers:read]'))
      .min(1)
      .optional()
      .describe(`Default: ${DEFAULT_SCOPES.join(' and ')}.`),
    grants: z
      .array(grantSchema, written('a list, as [github, jira:search_*]'))
      .min(1)
      .optional()
      .describe(`Which servers and tools: *, github, github:search_*. Default: ${DEFAULT_GRANTS.join(' and ')}.`),
    roles: z
      .array(roleNameSchema, written('a list, as [engineering]'))
      .min(1)
      .optional()
      .describe('What they give comes on top; with any, scopes and grants are none by default. Default: none.'),
    limits: statedKeyLimitsSchema
      .optional()
      .describe('As [requests=100/s, calls=10, streams=5, bytes=10MiB/m, tool:github:search_*=50/h]. Default: none.'),
    networks: networksSchema
      .optional()
      .describe('Where it may be used from, as [10.0.0.0/8, 2001:db8::/32]. Default: anywhere.'),
    expires: z
      .union([zonedTimeSchema, z.iso.date().refine((date) => isStorableTime(Date.parse(date)))], {
        error: 'must be a time like 2030-01-31T00:00:00Z, or a date, in the years 1 to 9999',
      })
      .optional()
      .describe('RFC 3339; a date is its beginning, UTC. Default: never.'),
    active: z.boolean().optional().describe('Default: true.'),
  },
  written('a mapping, as {grants: [github]}, or {} for a key with the defaults'),
);

const role = z.strictObject(
  {
    description: descriptionSchema.min(1).optional().describe('What it is for.'),
    scopes: z
      .array(scopeSchema, written('a list, as [mcp, servers:read]'))
      .min(1)
      .optional()
      .describe(`Default: ${DEFAULT_SCOPES.join(' and ')}.`),
    grants: z
      .array(grantSchema, written('a list, as [github, jira:search_*]'))
      .min(1)
      .describe('Which servers and tools: *, github, github:search_*.'),
  },
  written('a mapping, as {grants: [github]}'),
);

/** The file as it is written. A section that is absent is not managed by the file. */
export const configurationFileSchema = z
  .strictObject(
    {
      $schema: z.string().optional().describe('For editors.'),
      version: z
        .literal(1, {
          error: (issue) =>
            issue.input === undefined ? 'is missing: the file begins with version: 1' : 'must be 1, without quotes',
        })
        .describe('Of this format.'),
      servers: z
        .record(serverNameSchema, server, written('a mapping with each server under its name, as github: {url: …}'))
        .optional()
        .describe('MCP servers by name. Absent: not managed here.'),
      roles: z
        .record(roleNameSchema, role, written('a mapping with each role under its name, as engineering: {grants: […]}'))
        .optional()
        .describe('Named sets of scopes and grants, which keys have. Absent: not managed here.'),
      keys: z
        .record(keyNameSchema.min(1), key, written('a mapping with each key under its name, as laptop: {grants: […]}'))
        .optional()
        .describe('API keys by name; their secrets are never in the file. Absent: not managed here.'),
    },
    written('a mapping that begins with version: 1, and has servers, roles or keys'),
  )
  .meta({ title: 'MetaMCP configuration', description: 'What metamcp-cli apply and diff read, as YAML or JSON.' });

export type ConfigurationFile = z.infer<typeof configurationFileSchema>;
export type FileServer = z.infer<typeof server>;
export type FileRole = z.infer<typeof role>;
export type FileKey = z.infer<typeof key>;
export type FileSecret = z.infer<typeof secretValue>;

/** The names that a mapping in the file may have, for suggestions; undefined where any name may stand. */
export function membersAt(path: readonly PropertyKey[]): readonly string[] | undefined {
  const [section, , part] = path;
  if (section === undefined) return Object.keys(configurationFileSchema.shape);
  if (path.length === 2) {
    return Object.keys(section === 'servers' ? server.shape : section === 'roles' ? role.shape : key.shape);
  }
  if (path.length === 3 && part === 'timeouts') return ['connect', 'idle', 'total', 'idle_stop'];
  return path.length === 3 && part === 'limits'
    ? ['max_in_flight', 'memory_bytes', 'open_files', 'processes', 'restarts', 'rates']
    : undefined;
}

/** Writes the JSON Schema of the file (draft 2020-12), for editors. */
export function configurationJsonSchema(): object {
  return z.toJSONSchema(configurationFileSchema, { io: 'input' });
}
