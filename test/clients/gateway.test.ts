import { CREDENTIALS, startGatewayRoute } from './gatewayRoute.ts';
import { describeClients } from './matrix.ts';

describeClients(CREDENTIALS, () => startGatewayRoute());
