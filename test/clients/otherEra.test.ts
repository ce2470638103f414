import { CREDENTIALS, startGatewayRoute } from './gatewayRoute.ts';
import { describeClientsOfOtherEra } from './matrix.ts';

// Modern clients of one key share a session at a legacy server, and so what it remembers of the session before.
describeClientsOfOtherEra(CREDENTIALS, () => startGatewayRoute(true));
