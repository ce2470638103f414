import { upstreamContract } from '../contract/upstream.ts';
import { httpWorld } from './support/httpWorld.ts';

upstreamContract('a modern server over Streamable HTTP', httpWorld('modern'));
upstreamContract('a legacy server over Streamable HTTP', httpWorld('legacy'));
