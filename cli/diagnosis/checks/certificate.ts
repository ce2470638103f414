import { systemClock } from '../../../src/clock.ts';
import { readCertificatePair } from '../../../src/tls/certificatePair.ts';
import type { Check } from '../check.ts';

const DAY_MS = 86_400_000;
/** Authorities that renew by themselves do so 30 days before the end. */
const SOON_DAYS = 14;

/** The certificate can serve, and does not end soon. */
export const certificate: Check = async ({ configuration: { settings } }) => {
  const { certFile, keyFile } = settings.tls;
  if (certFile === undefined || keyFile === undefined) return [];
  const { endsAt, warnings } = await readCertificatePair({ certFile, keyFile }, systemClock());
  const days = Math.floor((endsAt - systemClock()) / DAY_MS);
  const until = new Date(endsAt).toISOString().slice(0, 10);
  if (days < 0) return [{ state: 'problem', about: certFile, detail: warnings.join(' '), remedy: RENEW }];
  const findings = warnings.map((detail) => ({
    state: 'warning' as const,
    about: certFile,
    detail,
    remedy: RENEW,
  }));
  if (days < SOON_DAYS)
    return [{ state: 'warning', about: certFile, detail: `It ends on ${until}.`, remedy: RENEW }, ...findings];
  return [{ state: 'ok', about: certFile, detail: `valid until ${until}` }, ...findings];
};

const RENEW = 'Put a new one into the place of both files; a gateway takes it by itself: docs/operating.md, TLS';
