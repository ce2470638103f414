import { GATEWAY_HERE } from '../../../src/cliName.ts';
import { VERSION } from '../../../src/version.ts';
import { gatewayUrl } from '../../gateway/gatewayUrl.ts';
import { isOther, otherStores, remedyFor } from '../../gateway/otherInstallation.ts';
import type { Check, Finding } from '../check.ts';

/** A gateway answers, of this version and on these stores. */
export const gateway: Check = async ({ configuration: { settings }, gateway: asked, untrustedGateway, needStores }) => {
  const found = await asked;
  const untrusted = await untrustedGateway();
  if (untrusted !== undefined) return [{ state: 'problem', ...untrusted }];
  if (found === undefined)
    return [
      {
        state: 'warning',
        detail: `None answers at ${gatewayUrl(settings)}.`,
        remedy: `Start it: ${GATEWAY_HERE}; or let SERVER_HOST and SERVER_PORT lead to it`,
      },
    ];
  const { url, version } = found;
  const findings: Finding[] = [];
  if (version !== VERSION)
    findings.push({
      state: 'warning',
      detail: `It is version ${version}, and this command ${VERSION}.`,
      remedy: 'Upgrade the older one: docs/operating.md, Upgrade',
    });
  const stores = await needStores().catch(() => undefined);
  if (stores !== undefined && isOther(found, stores))
    findings.push({ state: 'problem', detail: otherStores(found, settings), remedy: remedyFor(settings) });
  const isSame = stores !== undefined && found.installation === stores.installation;
  return findings.length > 0
    ? findings
    : [{ state: 'ok', detail: `${url} answers, version ${version}${isSame ? ', of this installation' : ''}` }];
};
