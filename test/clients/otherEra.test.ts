import { startGatewayRoute } from './gatewayRoute.ts';
import { describeClientsOfOtherEra } from './matrix.ts';

// Modern clients of one key share a session at a legacy server, and so what it remembers of the session before. One credential
// is enough: a call has left it behind when it comes to the bridge, and gateway.test.ts has both.
describeClientsOfOtherEra(['with a key'], () => startGatewayRoute(true));
