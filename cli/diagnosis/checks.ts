import { NODE_NEEDED } from '../../src/version.ts';
import type { NamedCheck } from './check.ts';
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

const LOST = 'docs/operating.md, When something is lost';
const FILES = 'Let this user enter the state folder and read the files in it, or set METAMCP_HOME to another one';

/** All checks by their names, in the order in which they are shown. A new one is added here and to the names. */
export const CHECKS: Readonly<Record<CheckName, NamedCheck>> = {
  node: { look: nodeVersion, remedy: `Install Node.js ${NODE_NEEDED} or newer` },
  database: {
    look: database,
    remedy:
      'Start PostgreSQL, or put DATABASE_URL right; of the embedded one, postgres.log in the state folder says more',
  },
  migrations: { look: migrations, remedy: 'metamcp-cli db status says more' },
  'event-store': { look: eventStore, remedy: LOST },
  'secrets-fit': { look: secretsFit, remedy: LOST },
  'read-tables': { look: readTables, remedy: 'metamcp-cli db status says more' },
  gateway: { look: gateway, remedy: 'Its log says more; start it anew' },
  clocks: { look: clocks, remedy: 'Keep all machines by NTP: timedatectl set-ntp true' },
  disk: { look: disk, remedy: FILES },
  permissions: { look: permissions, remedy: FILES },
  'secret-ages': { look: secretAges, remedy: FILES },
  'default-secrets': { look: defaultSecrets, remedy: 'Put the URLs in the settings right: docs/configuration.md' },
  certificate: { look: certificate, remedy: 'Put TLS_CERT_FILE and TLS_KEY_FILE right: docs/operating.md, TLS' },
  exposure: { look: exposure, remedy: 'Put SERVER_HOST and METRICS_HOST right: docs/configuration.md' },
  servers: { look: servers, remedy: 'metamcp-cli servers list' },
};
