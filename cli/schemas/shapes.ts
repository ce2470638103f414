import { z } from 'zod';
import { logLevelSchema } from '../../src/api/logLevel.ts';
import { SHELLS } from '../completion/scripts.ts';
import * as configuration from './configuration.ts';
import * as clients from './clients.ts';
import * as diagnosis from './diagnosis.ts';
import * as keys from './keys.ts';
import { initialized } from './init.ts';
import { errorDocument, orDryRun } from './parts.ts';
import * as roles from './roles.ts';
import * as servers from './servers.ts';
import * as stores from './stores.ts';
import * as tools from './tools.ts';
import { undone } from './undo.ts';
import { usage } from './usage.ts';

/** What each command prints with `--json` when it succeeds, by the command's path. */
export const SHAPES: Readonly<Record<string, z.ZodType>> = {
  'keys list': z.array(keys.listedKey),
  'keys create': orDryRun(keys.newKey),
  'keys show': keys.shownKey,
  'keys inactivate': z.union([orDryRun(keys.changedKey), keys.changedKeys()]),
  'keys activate': z.union([orDryRun(keys.changedKey), keys.changedKeys()]),
  'keys access': z.union([orDryRun(keys.changedKey), keys.changedKeys()]),
  'keys label': z.union([orDryRun(keys.changedKey), keys.changedKeys()]),
  'keys rotate': z.union([orDryRun(keys.rotatedKey), keys.changedKeys(keys.successor)]),
  'keys delete': z.union([orDryRun(keys.changedKey), keys.changedKeys()]),
  'keys report-leak': keys.changedKeys(),
  'keys verify': keys.verifiedKey,
  'roles list': z.array(roles.roleDocument),
  'roles create': orDryRun(roles.changedRole),
  'roles show': roles.shownRole,
  'roles access': orDryRun(roles.changedRole),
  'roles delete': orDryRun(roles.removedRole, { keys: z.int().min(0) }),
  'servers list': z.array(servers.listedServer),
  'servers add': orDryRun(servers.changedServer),
  'servers show': servers.shownServer,
  'servers update': orDryRun(servers.changedServer),
  'servers enable': orDryRun(servers.changedServer),
  'servers disable': orDryRun(servers.changedServer),
  'servers remove': orDryRun(servers.removedServer),
  'servers approve': orDryRun(servers.approvedTools, servers.reviewedTools),
  'servers credential': orDryRun(servers.setCredential),
  'servers test': servers.testedServer,
  'servers restart': servers.serverProcesses,
  'servers logs': z.array(servers.serverLogLine),
  'servers import': configuration.imported,
  'servers export': configuration.exported,
  'tools list': tools.listedTools,
  'tools call': tools.toolResult,
  apply: configuration.applied,
  diff: configuration.compared,
  'audit keys': keys.keyHistory,
  'audit tail': z.array(z.union([keys.auditEvent, keys.unreadableEvent])),
  'audit at': stores.stateThen,
  'audit who-could': stores.whoCould,
  'audit verify': stores.verification,
  'audit checkpoint': stores.writtenCheckpoint,
  'audit replay': stores.replayed,
  'db migrate': stores.migrated,
  'db status': stores.databaseStatus,
  'db rebuild': stores.rebuilt,
  'db skip': stores.skippedEvent,
  'db copy-events': stores.copied,
  'vault rewrap': stores.rewrapped,
  'log-level': logLevelSchema,
  status: diagnosis.installationStatus,
  doctor: diagnosis.diagnosis,
  undo: undone,
  usage,
  init: initialized,
  connect: clients.connected,
  headers: clients.headers,
  completion: z.strictObject({ shell: z.enum(SHELLS), script: z.string() }),
  schema: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema 2020-12.' }),
};

/** Writes the JSON Schema of a command's document. */
export function jsonSchemaOf(path: string, shape: z.ZodType): object {
  return { title: `metamcp-cli ${path} --json`, ...z.toJSONSchema(shape, { reused: 'inline' }) };
}

/** Writes the JSON Schema of what any command prints with `--json` when it fails. */
export function errorSchema(): object {
  return z.toJSONSchema(errorDocument);
}
