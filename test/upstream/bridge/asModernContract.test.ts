import { afterAll } from 'vitest';
import { upstreamContract } from '../../contract/upstream.ts';
import { sseWorld } from '../sse/sseWorld.ts';
import { stdioWorld } from '../stdio/stdioWorld.ts';
import { httpWorld } from '../support/httpWorld.ts';
import { asModernWorld } from './asModernWorld.ts';

const stdio = stdioWorld('legacy');
afterAll(() => stdio[Symbol.asyncDispose]());

upstreamContract('a legacy server over Streamable HTTP, for modern clients', asModernWorld(httpWorld('legacy')));
upstreamContract('a legacy server that is a program, for modern clients', asModernWorld(stdio));
upstreamContract('a legacy server of HTTP+SSE, for modern clients', asModernWorld(sseWorld()));
