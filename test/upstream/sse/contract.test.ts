import { upstreamContract } from '../../contract/upstream.ts';
import { sseWorld } from './sseWorld.ts';

upstreamContract('a server of HTTP+SSE', sseWorld());
