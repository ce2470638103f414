import { aggregate } from './requirements/aggregate.ts';
import { audit } from './requirements/audit.ts';
import { auth } from './requirements/auth.ts';
import { bridge } from './requirements/bridge.ts';
import { bridgeModernClient } from './requirements/bridgeModernClient.ts';
import { catalogue } from './requirements/catalogue.ts';
import { cli } from './requirements/cli.ts';
import { configuration } from './requirements/configuration.ts';
import { embedded } from './requirements/embedded.ts';
import { events } from './requirements/events.ts';
import { feed } from './requirements/feed.ts';
import { front } from './requirements/front.ts';
import { http } from './requirements/http.ts';
import { limits } from './requirements/limits.ts';
import { lines } from './requirements/lines.ts';
import { mcp } from './requirements/mcp.ts';
import { operations } from './requirements/operations.ts';
import { projections } from './requirements/projections.ts';
import { proxy } from './requirements/proxy.ts';
import { tui } from './requirements/tui.ts';
import type { Requirement } from './requirements/requirement.ts';
import { usage } from './requirements/usage.ts';

/**
 * What MetaMCP promises, by id. A test that proves a rule cites it at the end of its name: `it('… [key-not-in-url]')`,
 * several as `[one] [another]`. requirements.test.ts finds ids that no test cites, and citations of ids that do not exist.
 */
export const requirements: Readonly<Record<string, Requirement>> = {
  ...mcp,
  ...proxy,
  ...aggregate,
  ...bridge,
  ...bridgeModernClient,
  ...limits,
  ...lines,
  ...http,
  ...auth,
  ...catalogue,
  ...audit,
  ...events,
  ...projections,
  ...operations,
  ...embedded,
  ...cli,
  ...configuration,
  ...tui,
  ...usage,
  ...feed,
  ...front,
};
