import { afterAll } from 'vitest';
import { upstreamContract } from '../../contract/upstream.ts';
import { stdioWorld } from '../stdio/stdioWorld.ts';
import { httpWorld } from '../support/httpWorld.ts';
import { asLegacyWorld } from './asLegacyWorld.ts';

const programs = stdioWorld('modern');
afterAll(() => programs[Symbol.asyncDispose]());

upstreamContract('a modern server over Streamable HTTP, for legacy clients', asLegacyWorld(httpWorld('modern')));
upstreamContract('a modern server on stdio, for legacy clients', asLegacyWorld(programs));
