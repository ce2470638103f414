import { statSync } from 'node:fs';
import { systemClock } from '../../../src/clock.ts';
import { countByMasterKey } from '../../../src/vault/vaultKeys.ts';
import { parseMasterKeys } from '../../../src/vault/masterKey.ts';
import { secretFiles } from '../../../src/installationChecks.ts';
import type { Check, Finding } from '../check.ts';
import type { Examination } from '../examination.ts';

const DAY_MS = 86_400_000;
/** What is kept for years has been seen by many. */
const OLD_DAYS = 730;
const ROTATE = 'docs/operating.md, Rotate the secrets';

/** How old the secrets are, as far as a file tells, and whether a rotation was left half done. */
export const secretAges: Check = async (examination) => {
  const { configuration, cwd } = examination;
  const { jwtSecretPrevious } = configuration.settings;
  const ages = secretFiles(configuration, cwd).map(ageOf);
  const ofTokens: Finding[] =
    jwtSecretPrevious === undefined
      ? []
      : [
          {
            state: 'warning',
            detail: 'JWT_SECRET_PREVIOUS is set: tokens that need it end after 15 minutes.',
            remedy: 'Take it out of the settings when the rotation is older than that',
          },
        ];
  const findings = [...ages, ...ofTokens, ...(await rotationOf(examination))];
  return findings.length > 0 ? findings : [{ state: 'ok', detail: 'None stands in a file that would tell its age' }];
};

function ageOf(path: string): Finding {
  const days = Math.floor((systemClock() - statSync(path).mtimeMs) / DAY_MS);
  const detail = `written ${days === 0 ? 'today' : days === 1 ? 'yesterday' : `${days} days ago`}`;
  return days > OLD_DAYS
    ? { state: 'warning', about: path, detail: `It was ${detail}.`, remedy: ROTATE }
    : { state: 'ok', about: path, detail };
}

async function rotationOf({ configuration: { settings }, needDatabase }: Examination): Promise<Finding[]> {
  const { encryptionKey, encryptionKeyPrevious } = settings;
  if (encryptionKey === undefined || encryptionKeyPrevious === undefined) return [];
  const { current } = parseMasterKeys(encryptionKey, encryptionKeyPrevious);
  const db = await needDatabase().catch(() => undefined);
  if (db === undefined) return [{ state: 'unknown', detail: 'Whether ENCRYPTION_KEY_PREVIOUS is still needed.' }];
  const counts = await countByMasterKey(db);
  const left = counts
    .filter(({ masterKeyId }) => masterKeyId !== current.id)
    .reduce((sum, { count }) => sum + count, 0);
  return left > 0
    ? [
        {
          state: 'warning',
          detail: `${left} data encryption keys are still wrapped under ENCRYPTION_KEY_PREVIOUS.`,
          remedy: 'metamcp-cli vault rewrap',
        },
      ]
    : [
        {
          state: 'warning',
          detail: 'ENCRYPTION_KEY_PREVIOUS is set, and nothing needs it any more.',
          remedy: 'Take it out of the settings of all gateways',
        },
      ];
}
