import { createServer } from 'node:http';
import { createForward } from './forward.ts';
import { serveMeasured } from './measuredProcess.ts';

// The lower floor: a pass-through proxy on undici and node:http, without authentication.

const forward = createForward(process.env['UPSTREAM'] ?? '');
serveMeasured(createServer(forward));
