import { z } from 'zod';
import { credentialFault, count, fault, milliseconds, commandResult, time, uuid } from './parts.ts';

const serverMembers = {
  id: uuid,
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  transport: z.enum(['http', 'sse', 'stdio']),
  url: z.string().optional(),
  command: z.string().optional(),
  args: z.array(z.string()).optional(),
  cwd: z.string().optional(),
  isolation: z.enum(['session', 'key', 'shared']),
  on_tool_change: z.enum(['allow', 'flag', 'hold']).optional(),
  limits: z.strictObject({
    max_in_flight: count,
    memory_bytes: count.optional(),
    open_files: count.optional(),
    processes: count.optional(),
    restarts: count.optional(),
    rates: z.array(z.string()).optional(),
  }),
  timeouts: z.strictObject({
    connect_ms: milliseconds,
    idle_ms: milliseconds,
    total_ms: milliseconds,
    idle_stop_ms: milliseconds.optional(),
  }),
  enabled: z.boolean(),
  fault: fault.optional(),
  has_secrets: z.boolean(),
  created_at: time,
  updated_at: time,
  revision: count,
};

export const serverDocument = z.strictObject(serverMembers);

export const listedServer = z.strictObject({
  ...serverMembers,
  unapproved_tools: count
    .optional()
    .meta({ description: 'Tools that wait for an approval; absent where there are none.' }),
});

export const changedServer = z.strictObject({ ...serverMembers, ...commandResult });

const processStatus = z.enum(['running', 'starting', 'restarting', 'given-up', 'stopped']);
const processState = {
  since: time,
  failures: count,
  retry_at: time.optional().meta({ description: 'When it is started again.' }),
  reason: z.string().optional().meta({ description: 'Why it does not run.' }),
};

export const serverProcesses = z.strictObject({
  name: z.string(),
  status: processStatus,
  failed_start: z.strictObject(processState).optional(),
  processes: z.array(
    z.strictObject({
      status: processStatus,
      ...processState,
      pid: count.optional(),
      shared_by: z.enum(['session', 'key', 'shared']),
      holders: count,
    }),
  ),
});

const failure = z.strictObject({
  code: z.string(),
  at: time,
  in_a_row: count.meta({ description: '0: it has answered since.' }),
});

const waitingTool = z.strictObject({
  name: z.string(),
  digest: z.string().meta({ description: 'Over all members of the definition.' }),
  why: z.enum(['new', 'changed']),
  differs: z
    .array(z.string())
    .optional()
    .meta({ description: 'The members in which a changed one differs from what was approved last.' }),
});

export const shownServer = z.strictObject({
  ...serverMembers,
  header_names: z.array(z.string()).meta({ description: 'The values are secret.' }),
  env_names: z.array(z.string()).meta({ description: 'The values are secret.' }),
  credentials: z
    .array(
      z.strictObject({
        key: z.strictObject({ id: uuid, name: z.string() }),
        header_names: z.array(z.string()),
        env_names: z.array(z.string()),
        outdated: z
          .boolean()
          .meta({ description: 'The server has moved since: the key can’t use it until it is given anew.' }),
        fault: credentialFault.optional(),
      }),
    )
    .meta({ description: 'What it gets for single keys; the values are secret.' }),
  health: z
    .strictObject({
      status: z.enum(['answers', 'fails', 'unknown', 'disabled']),
      answered_at: time.optional(),
      failure: failure.optional(),
      circuit: z
        .strictObject({
          state: z.enum(['closed', 'open', 'half-open']),
          since: time.optional(),
          failures: z.int().min(0).optional(),
          retry_at: time.optional(),
          reason: z.string().optional(),
        })
        .meta({ description: 'Whether the gateway passes calls on to it.' }),
    })
    .optional()
    .meta({ description: 'By the calls of clients; absent when no gateway answers.' }),
  processes: serverProcesses.optional().meta({ description: 'Of a server on stdio; absent when no gateway answers.' }),
  catalogue: z
    .array(
      z.strictObject({
        era: z.enum(['legacy', 'modern']),
        capabilities: z.string().optional(),
        read_at: time.optional(),
        outdated: z.boolean(),
        failure: failure.optional(),
      }),
    )
    .meta({ description: 'How reading what the server offers goes, by the clients it is for.' }),
  unapproved: z
    .array(waitingTool)
    .optional()
    .meta({ description: 'The tools that wait for an approval; absent where changes are allowed.' }),
});

export const removedServer = z.strictObject({ id: uuid, name: z.string(), ...commandResult });

export const setCredential = z.strictObject({
  id: uuid,
  name: z.string(),
  key: z.strictObject({ id: uuid, name: z.string() }),
  header_names: z.array(z.string()).meta({ description: 'What the server gets for this key; the values are secret.' }),
  env_names: z.array(z.string()).meta({ description: 'The values are secret.' }),
  ...commandResult,
});

const unread = z
  .strictObject({ code: z.string(), message: z.string() })
  .optional()
  .meta({ description: 'Why the server did not show its tools, so that what it has shown before counts.' });

export const approvedTools = z.strictObject({
  id: uuid,
  name: z.string(),
  approved: z.array(waitingTool).meta({ description: 'What is approved now and was not before.' }),
  unread,
  ...commandResult,
});

/** What a dry run of `servers approve` has besides. */
export const reviewedTools = {
  digest: z.string().meta({ description: 'Of the tools as the server shows them: for --digest.' }),
  tools: z
    .array(
      waitingTool.extend({
        definition: z.record(z.string(), z.unknown()),
        former: z
          .record(z.string(), z.unknown())
          .optional()
          .meta({ description: 'As it was approved last; absent where that is remembered by its digest only.' }),
      }),
    )
    .meta({ description: 'What would be approved.' }),
  gone: z
    .array(z.strictObject({ name: z.string(), since: time.optional() }))
    .meta({ description: 'Approved tools that the server shows nobody any more.' }),
  unread,
};

export const testedServer = z.strictObject({
  id: uuid,
  name: z.string(),
  enabled: z.boolean(),
  era: z.enum(['modern', 'legacy']),
  protocol_version: z.string(),
  server_info: z.record(z.string(), z.unknown()).optional().meta({ description: 'What the server says of itself.' }),
  tools: count,
  tools_left_out: count
    .optional()
    .meta({ description: 'Of the tools that can’t be used; absent when there are none.' }),
  left_out: z
    .array(z.strictObject({ name: z.string().optional(), reason: z.string() }))
    .optional()
    .meta({ description: 'The first 20 of them, and why.' }),
  connect_ms: z.number().meta({ description: 'Until the connection stood and the era was known.' }),
  latency_ms: z.number().meta({ description: 'One round trip.' }),
});

export const serverLogLine = z.strictObject({
  number: count.meta({ description: 'Of the lines of this server in the gateway.' }),
  at: time,
  text: z.string(),
});
