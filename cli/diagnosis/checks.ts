import type { Check } from './check.ts';
import type { CheckName } from './checkNames.ts';
import { certificate } from './checks/certificate.ts';
import { clocks } from './checks/clocks.ts';
import { database } from './checks/database.ts';
import { defaultSecrets } from './checks/defaultSecrets.ts';
import { disk } from './checks/disk.ts';
import { eventStore } from './checks/eventStore.ts';
import { exposure } from './checks/exposure.ts';
import { gateway } from './checks/gateway.ts';
import { migrations } from './checks/migrations.ts';
import { nodeVersion } from './checks/nodeVersion.ts';
import { permissions } from './checks/permissions.ts';
import { readTables } from './checks/readTables.ts';
import { secretAges } from './checks/secretAges.ts';
import { secretsFit } from './checks/secretsFit.ts';
import { servers } from './checks/servers.ts';

/** All checks by their names, in the order in which they are shown. A new one is added here and to the names. */
export const CHECKS: Readonly<Record<CheckName, Check>> = {
  node: nodeVersion,
  database,
  migrations,
  'event-store': eventStore,
  'secrets-fit': secretsFit,
  'read-tables': readTables,
  gateway,
  clocks,
  disk,
  permissions,
  'secret-ages': secretAges,
  'default-secrets': defaultSecrets,
  certificate,
  exposure,
  servers,
};
