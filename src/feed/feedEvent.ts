import { z } from 'zod';
import { ERROR_KINDS } from '../usage/errorKind.ts';

const base = {
  id: z.string().meta({ description: 'Of this event in this gateway: its start and a number that rises.' }),
  at: z.iso.datetime(),
};
const server = z.string().meta({ description: 'The server’s name.' });
const key = z.string().meta({ description: 'The key’s id.' });
const role = z.string().meta({ description: 'The role’s name.' });
const kind = z.enum(ERROR_KINDS);
const nothing = z.object({});
/** Of the event that a change is. */
const place = {
  stream: z
    .string()
    .optional()
    .meta({ description: 'The stream of the event in the audit trail; absent where many changes came at once.' }),
  revision: z.int().min(0).optional().meta({ description: 'Its number in the stream.' }),
};

/** The end of a call. */
const ended = {
  outcome: z.string().meta({ description: '`ok`, or the code of what ended it.' }),
  error: kind.optional().meta({ description: 'The kind of its failure; absent when it did not fail.' }),
  status: z.int().meta({ description: 'The HTTP status that the client got; 0 when it left before.' }),
  duration_ms: z.number(),
  bytes_in: z.int(),
  bytes_out: z.int(),
};

const partSchema = z.object({ status: z.enum(['up', 'down']), detail: z.string().optional() });

export const systemHealthSchema = z.object({
  status: z.enum(['up', 'down']),
  version: z.string(),
  ready: z.object({ calls: z.boolean(), changes: z.boolean() }),
  parts: z.record(z.string(), partSchema),
});
export type SystemHealth = z.infer<typeof systemHealthSchema>;

/** Every event of the live event feed. None has a secret, an argument or an answer in it. */
export const feedEventSchema = z
  .discriminatedUnion('type', [
    z
      .object({
        ...base,
        type: z.literal('mcp_server_started'),
        server,
        data: z.object({ reason: z.literal('answered') }),
      })
      .meta({ description: 'A server answered this gateway, for the first time or after it could not be reached.' }),
    z
      .object({ ...base, type: z.literal('mcp_server_stopped'), server, data: z.object({ reason: z.string() }) })
      .meta({ description: 'A server can’t be reached by this gateway any more, or was disabled or removed.' }),
    z
      .object({
        ...base,
        type: z.literal('mcp_server_circuit'),
        server,
        data: z.object({
          state: z.enum(['open', 'half-open', 'closed']),
          failures: z.int().min(0).meta({ description: 'Calls in a row that got no answer.' }),
          retry_at: z.iso.datetime().optional().meta({ description: 'When a call may try the server.' }),
          reason: z.string().optional().meta({ description: 'Why it is not asked.' }),
        }),
      })
      .meta({
        description:
          'This gateway has stopped to pass calls on to a server that answers nobody (`open`), tries it with one (`half-open`), or passes them on again (`closed`).',
      }),
    z
      .object({
        ...base,
        type: z.literal('mcp_server_process'),
        server,
        data: z.object({
          status: z.enum(['starting', 'running', 'restarting', 'stopped', 'given-up']),
          shared_by: z.enum(['session', 'key', 'shared']),
          failures: z.int().min(0).meta({ description: 'How often in a row it has ended by itself.' }),
          retry_at: z.iso.datetime().optional().meta({ description: 'When it is started again.' }),
          reason: z.string().optional().meta({ description: 'Why it does not run.' }),
        }),
      })
      .meta({ description: 'A process of a server on stdio, in this gateway, is in another state.' }),
    z
      .object({
        ...base,
        type: z.literal('mcp_server_log'),
        server,
        data: z.object({
          number: z.int().min(1).meta({ description: 'Of the lines of this server in this gateway.' }),
          text: z.string().meta({ description: 'Without control characters; secrets of the server are blotted out.' }),
          omitted: z.int().min(1).optional().meta({ description: 'Lines before it that came too fast to be sent.' }),
        }),
      })
      .meta({
        description:
          'A line that a server on stdio printed on its standard error, in this gateway. Scope `events:read`.',
      }),
    z
      .object({
        ...base,
        type: z.literal('mcp_tool_executed'),
        server,
        key,
        data: z.object({ tool: z.string(), ...ended }),
      })
      .meta({ description: 'A tool call has ended.' }),
    z
      .object({
        ...base,
        type: z.literal('mcp_message'),
        server,
        key,
        data: z.object({ method: z.string(), ...ended }),
      })
      .meta({ description: 'Another call has ended: a message, a batch, a stream.' }),
    z
      .object({ ...base, type: z.literal('system_health'), data: systemHealthSchema })
      .meta({ description: 'The health of this gateway.' }),
    z
      .object({
        ...base,
        type: z.literal('key_changed'),
        key,
        data: z.object({ created: z.literal(true).optional().meta({ description: 'The key is new.' }), ...place }),
      })
      .meta({
        description:
          'A key was created or changed, by any gateway or command. What ends access is told twice: when it is in force, and when lists show it.',
      }),
    z
      .object({
        ...base,
        type: z.literal('key_expires'),
        key,
        data: z.object({
          expires_at: z.iso.datetime(),
          days: z.int().meta({ description: 'It has so many left: 30, 7, 1.' }),
        }),
      })
      .meta({ description: 'A key is about to expire.' }),
    z
      .object({
        ...base,
        type: z.literal('key_refused'),
        key,
        data: z.object({ reason: z.literal('network-not-allowed'), address: z.string() }),
      })
      .meta({
        description:
          'A key was used from an address that is in none of its networks: it may have been stolen. Of many, some are left out.',
      }),
    z.object({ ...base, type: z.literal('role_changed'), role, data: z.object(place) }).meta({
      description:
        'A role was created, changed or deleted, by any gateway or command: every key that has it is another one now. Scope `events:read`.',
    }),
    z
      .object({ ...base, type: z.literal('server_changed'), server, data: z.object(place) })
      .meta({ description: 'A server was registered, changed or removed, by any gateway or command.' }),
    z
      .object({
        ...base,
        type: z.literal('error'),
        server: server.optional(),
        key: key.optional(),
        data: z.object({
          code: z.string(),
          kind: kind.optional(),
          method: z.string().optional(),
          tool: z.string().optional(),
        }),
      })
      .meta({
        description:
          'A call failed, which has an event of its own, too; without a server: the reason why this feed ends here.',
      }),
    z
      .object({
        ...base,
        type: z.literal('gap'),
        dropped: z.int().min(0).meta({ description: 'How many events are missing here; 0 when it is unknown.' }),
        data: z.object({ reason: z.enum(['slow-reader', 'changes-unknown']) }),
      })
      .meta({
        description:
          'Events are missing here: the reader was too slow, or more keys and servers changed at once than were named (read them again).',
      }),
    z
      .object({ ...base, type: z.literal('heartbeat'), data: nothing })
      .meta({ description: 'The first event, and then one every 15 s; in an event stream it is a comment.' }),
  ])
  .meta({ id: 'FeedEvent' });

export type FeedEvent = z.infer<typeof feedEventSchema>;

/** An event without its id and time, which the feed adds. */
export type UnnumberedEvent = FeedEvent extends infer E ? (E extends FeedEvent ? Omit<E, 'id' | 'at'> : never) : never;

export type FeedType = FeedEvent['type'];

/** The types that a reader can choose; `gap`, `heartbeat` and the reason of an end are always sent. */
export const FEED_TYPES = [
  'mcp_server_started',
  'mcp_server_stopped',
  'mcp_server_circuit',
  'mcp_server_process',
  'mcp_server_log',
  'mcp_tool_executed',
  'mcp_message',
  'system_health',
  'key_changed',
  'key_expires',
  'key_refused',
  'role_changed',
  'server_changed',
  'error',
] as const satisfies readonly FeedType[];
